"""What is frozen into the image: as for `pico`, and what talks to a broker, and its codec."""

include("../pico/manifest.py", board="../pico_ppp", network=True)
package("umqtt", ("__init__.py", "simple.py"), base_path="$(UMQTT_DIR)")
