"""Calibrates, a look each 100 ms, beside all else: pilots in points.py, clamps in gain.py."""

from time import ticks_ms


class Calibration:
    """Whatever is being calibrated, one after the other. `make` is given what a person named, and
    returns what to `look` at every 100 ms, with a `name`; `journal` takes the result.
    """

    def __init__(self, make, journal):
        self.result = "nothing has been calibrated since the start"
        self._make = make
        self._journal = journal
        self._job = None

    def start(self, what, amps):
        """Begin. Raises ValueError if that is not possible now."""
        if self._job is not None:
            raise ValueError(self._job.name + " is being calibrated")
        self._job = self._make(what, amps)
        self.result = self._job.name + ": being calibrated"

    def look(self):
        """Go on with what was started."""
        job, self._job = self._job, None
        if job is not None:
            try:
                text = job.look()
            except ValueError as error:
                text = "not calibrated: " + str(error)
            if text is None:
                self._job = job
            else:
                self.result = job.name + ": " + text
                self._journal.note(ticks_ms(), self.result)
