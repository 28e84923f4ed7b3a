# docker build -t digitrec .
# docker run -p 127.0.0.1:8501:8501 -v digitrec-models:/app/models -v digitrec-data:/app/data digitrec

FROM python:3.11-slim-bookworm AS build
COPY requirements.txt .
# Every package comes as a wheel: nothing is compiled, and no compiler is needed.
RUN python3 -m venv /opt/digitrec && \
    /opt/digitrec/bin/pip install --no-cache-dir --only-binary :all: -r requirements.txt

FROM python:3.11-slim-bookworm
RUN useradd --uid 1000 --create-home digitrec
COPY --from=build /opt/digitrec /opt/digitrec
ENV PATH=/opt/digitrec/bin:$PATH PYTHONUNBUFFERED=1
WORKDIR /app
COPY .streamlit .streamlit
COPY digitrec digitrec
COPY app.py LICENSE README.md ./
# The shipped version stays in the image; ENTRYPOINT puts it into the volume, which may be empty,
# come from an older image or hold the half of a file whose copying was cut short.
COPY models/default shipped/default
RUN mkdir models data && chown 1000:1000 models data
VOLUME /app/models /app/data
USER 1000:1000
EXPOSE 8501
# Python, for the image has no curl; urlopen raises, and so fails, on anything but success.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python3", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=3)"]
ENTRYPOINT ["sh", "-c", "mkdir -p models/default; for file in shipped/default/*; do cmp -s $file models/default/${file##*/} || cp $file models/default; done; exec \"$@\"", "sh"]
CMD ["streamlit", "run", "app.py", "--server.address=0.0.0.0", "--server.port=8501", "--server.headless=true", "--browser.serverAddress=localhost"]
