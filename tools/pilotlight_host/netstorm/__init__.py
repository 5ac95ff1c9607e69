"""The storm of the network: the whole app as it is, behind a broker, name servers and a time
server that do what they should not.

`run` is the storm from one seed, `tricks` what is done to the link, `parties` the name server and
the time server, `judge` and `events` say what was felt of it. Times in ms of the plant, unless a
name says otherwise.
"""
