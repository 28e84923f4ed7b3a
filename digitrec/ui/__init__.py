"""The pages: one script a page, and the widgets they share."""
