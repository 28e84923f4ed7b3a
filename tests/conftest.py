from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from digitrec.settings import settings as digitrec_settings

# A busy machine is no failure: examples are counted, not timed.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def _examples_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test, nor an app that it starts, writes among the examples of whoever works here."""
    with pytest.MonkeyPatch.context() as patch:
        database = tmp_path_factory.mktemp("data") / "examples.sqlite"
        patch.setenv("DIGITREC_DATABASE_URL", f"sqlite:///{database}")
        digitrec_settings.cache_clear()
        yield
    digitrec_settings.cache_clear()
