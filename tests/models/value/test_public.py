"""What the chapter part offers."""

import equipoise.models.value as value


def test_each_public_name_is_there_and_they_are_twelve_at_most():
    assert len(value.__all__) <= 12
    assert all(hasattr(value, name) for name in value.__all__)
