"""Whether a board can carry a site: what the site file wants, against the board's capabilities."""

from pilotlight.config import SiteError
from pilotlight.wire.meters import TELEGRAMS


def check(site, capabilities):
    """Raise SiteError with every error found if the site wants what the board has not."""
    errors = []
    count = capabilities["outlets"]
    if len(site["outlets"]) > count:
        errors.append(
            "outlets: " + str(len(site["outlets"])) + ", but the board has " + str(count)
        )
    errors += _clamps(site["feeders"], capabilities["clamps"])
    for i in range(len(site["outlets"])):
        errors += _misfits("outlets[" + str(i) + "].", site["outlets"][i], capabilities)
    if site["site"]["residual_test"] and not capabilities.get("residual_test"):
        errors.append("site.residual_test: the board has no test current for the monitors")
    if site["site"]["dimming_w"] is not None and not capabilities.get("dimming"):
        errors.append("site.dimming_w: the board has no contact for it")
    if not capabilities.get("telegrams"):
        errors += _telegrams(site["meters"])
    if site["modem"] is not None and not capabilities["modem"]:
        errors.append("modem: the board has none")
    if errors:
        raise SiteError(errors)


def _clamps(feeders, channels):
    errors = []
    for i in range(len(feeders)):
        feeder = feeders[i]
        for key, tables in (("clamps", feeder["clamps"]), ("voltage", [feeder["voltage"]])):
            for table in tables or ():
                if table and table["channel"] > channels:
                    where = "feeders[" + str(i) + "]." + key + ": channel "
                    where += str(table["channel"]) + ", but the board has "
                    errors.append(where + str(channels))
    return errors


def _telegrams(tables):
    errors = []
    for i in range(len(tables)):
        if tables[i]["model"] in TELEGRAMS:
            where = "meters[" + str(i) + "].model: " + tables[i]["model"]
            errors.append(where + " needs a port that the board has not")
    return errors


def _misfits(where, outlet, capabilities):
    """What one outlet wants and the board has not."""
    errors = []
    if outlet["socket"] and not capabilities["proximity"]:
        errors.append(where + "socket: the board measures no proximity")
    for key in ("lock", "ventilation", "switching"):
        if outlet[key] and not capabilities.get(key):
            errors.append(where + key + ": the board has none")
    return errors
