from hypothesis import HealthCheck, settings

# A busy machine is no failure: examples are counted, not timed.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
