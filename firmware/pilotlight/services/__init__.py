"""The asyncio tasks: control, metering, MQTT, console, and what keeps them alive."""
