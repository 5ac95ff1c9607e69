"""docs/first-hour.md is what the tools and the firmware say."""

from pathlib import Path

import first_hour


def test_the_page_is_what_is_said(tmp_path: Path) -> None:
    page, picture = first_hour.live_through(tmp_path)
    assert first_hour.masked(page) == first_hour.masked(first_hour.PAGE.read_text())
    for word in ("feeder&#160;main", "why(1)", "limit("):
        assert word in picture
        assert word in first_hour.PICTURE.read_text()
