"""The asyncio tasks: control, metering, MQTT, console, and the supervisor that keeps them running."""
