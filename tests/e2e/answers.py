# SPDX-License-Identifier: MIT
"""What a guard on a machine of 16 GiB answers on its socket, by scenario."""

import copy

GIB = 1 << 30
MIB = 1 << 20
SECOND = 1000000
HOUR = 3600 * 1000

LEVELS = {
    "warn": 2576980377, "term": 1717986918, "kill": 858993459,
    "swapTerm": 214748364, "swapKill": 107374182,
}


def size(bytes_):
    """As text_put_kib() has it: cut after one decimal."""
    return "%d.%d GiB" % (bytes_ // GIB, bytes_ % GIB * 10 // GIB)


def decision(available, urgency="none", **more):
    result = {
        "urgency": urgency, "reason": "none", "available": available,
        "swapFree": 2 * GIB, "swapIsHeld": False, "swapIsDisbelieved": False,
        "fillRate": 0, "levels": LEVELS, "sentence": "available " + size(available),
    }
    result.update(more)
    return result


def memory(available, urgency, limit, **more):
    sentence = "available %s < %s (%s)" % (size(available),
                                           size(LEVELS[limit]), urgency)
    if "fillRate" in more:
        sentence += "; filling %d MiB/s" % (more["fillRate"] / MIB)
    return decision(available, urgency, reason="memory", observed=available,
                    limit=LEVELS[limit], sentence=sentence, **more)


def growth(size, windows):
    """Of MiB now: what the process grew, its cgroup, the share."""
    return [{"window": window, "process": process * MIB,
             "baseline": (size - process) * MIB, "cgroup": cgroup * MIB,
             "share": share}
            for window, (process, cgroup, share)
            in zip((10000, 300000, 21600000), windows)]


JAVA = {
    "pid": 4242, "comm": "java", "uid": 998, "user": "tomcat",
    "cmdline": "/usr/bin/java -Xmx12g -jar shop.jar",
    "unit": "tomcat.service", "cgroup": "/system.slice/tomcat.service",
    "badness": 6 * GIB + 410 * MIB, "relief": 6 * GIB + 103 * MIB,
    "adj": 307 * MIB, "weight": 0, "oomScore": 1040, "oomScoreAdj": 20,
    "growth": growth(6247, [(2600, 2600, 91.2), (2850, 2850, 84.0),
                            (5600, 5600, 78.5)]),
    "culpritWindow": 10000,
}
# Nobody grows, and it is the largest.
LARGEST = {key: value for key, value in JAVA.items()
           if key not in ("growth", "culpritWindow")}
BACKUP = {
    "pid": 5150, "comm": "restic", "uid": 0, "user": "root",
    "cmdline": "restic backup /srv --password-file /etc/restic",
    "unit": "restic.service", "cgroup": "/system.slice/restic.service",
    "badness": 3 * GIB, "relief": 3 * GIB, "adj": 0, "weight": 0,
    "oomScore": 830, "oomScoreAdj": 0,
    "growth": growth(3072, [(250, 250, 8.8), (540, 540, 16.0),
                            (1530, 1530, 21.5)]),
}
SMALL = dict(BACKUP, pid=77, comm="a\nb", unit="cron.service",
             badness=40 * MIB, relief=40 * MIB,
             exemption="brings back too little")
SSHD = dict(BACKUP, pid=612, comm="sshd", unit="ssh.service",
            badness=7 * MIB, relief=7 * MIB,
            exemption="on the never list")
for process in (SMALL, SSHD):
    del process["cmdline"], process["growth"]

START = 1795316529 * SECOND  # 2026-11-22 03:02:09 UTC
TERM = memory(1501 * MIB, "term", "term", fillRate=310 * MIB)
PEERS = [("java", 4242, 6247), ("restic", 5150, 3100), ("postgres", 901, 1210),
         ("mysqld", 880, 640)]


def record(number, seconds, kind, sentence, **more):
    result = {
        "number": number, "time": START + seconds * SECOND, "kind": kind,
        "priority": 5, "sentence": sentence,
        "decision": decision(11 * GIB),
    }
    result.update(more)
    return result


def peers(scale):
    return [{"pid": pid, "comm": comm, "bytes": size * MIB // scale}
            for comm, pid, size in PEERS]


STRUCK = {
    "priority": 3, "decision": TERM, "strike": 3, "victim": JAVA,
    "runnerUp": BACKUP, "reliefExpected": JAVA["relief"],
    "restart": "on-failure", "biggest": peers(1), "growing": peers(9),
}
WHO = '4242 "java" ("tomcat.service", uid 998)'
RECORDS = [
    record(1, -90000, "started", "guarding a machine of 16.0 GiB"),
    record(2, -60, "state", "state warn: available 2.2 GiB < 2.3 GiB (warn)",
           priority=4, decision=memory(2355 * MIB, "warn", "warn")),
    record(3, 0, "strike", "SIGTERM to %s: %s; relief 6.1 GiB" %
           (WHO, TERM["sentence"]), signal="SIGTERM", **STRUCK),
    record(4, 1, "outcome", "%s settled: exited after 0.8 s, 6.0 GiB of 6.1 "
           "GiB back after 0.9 s" % WHO, outcome="settled",
           reliefGot=6 * GIB, timeToExit=812, timeToSettled=907, **STRUCK),
    record(5, 4, "state", "state none: available 7.6 GiB"),
    record(6, 7200, "kernel-kill", "the kernel's OOM killer ended 1 process: "
           "it was faster", priority=2, kernelKills=1),
    record(7, 7260, "refused", "the new configuration has 2 mistakes, the old "
           "one holds", priority=3),
]

CALM = {
    "state": "guarding",
    "sentence": "memory is not short: available 11.2 GiB; a warning comes "
                "below 2.3 GiB",
    "mode": "guard", "version": "0.1.0", "guardPid": 812, "uptime": 25 * HOUR,
    "age": 400, "memoryTotal": 16 * GIB, "memoryBase": 16 * GIB,
    "swapTotal": 2 * GIB, "decision": decision(11 * GIB + 205 * MIB),
    "stallSome": 0.0, "stallFull": 0.0, "reclaims": False,
    "strikes": [], "strikesTotal": 3, "lastStrikes": RECORDS[3:4],
    "kernelKills": 0, "limitKills": 0, "warnings": [], "guardCpu": 4210,
    "guardMemory": 4 * MIB, "tellerCpu": 900, "tellerMemory": 6 * MIB,
    "recordsDropped": 0, "mistakes": 0,
}


def status(**more):
    return {"parameters": {"status": dict(copy.deepcopy(CALM), **more)}}


WARN = status(
    sentence="memory is getting short: available 2.2 GiB < 2.3 GiB (warn); "
             "filling 12 MiB/s, exhausted in 3.2 min; would strike " + WHO,
    decision=memory(2355 * MIB, "warn", "warn", fillRate=12 * MIB,
                    exhaustion=192000),
    chosen=JAVA, chosenAge=1200, stallSome=3.1, stallFull=0.4,
    heldBy='memory is held by tmpfs and shared memory 7.1 GiB ("/tmp" 6.9 GiB; '
           'made by "render.service" 6.8 GiB), kernel slab 410 MiB')
STRIKE = status(
    sentence="memory is short: %s; %s got SIGTERM 400 ms ago, SIGKILL after "
             "10 s or at the kill level" % (TERM["sentence"], WHO),
    decision=TERM, chosen=JAVA, chosenAge=400, stallSome=34.25,
    stallFull=12.5, reclaims=True, strikesTotal=4,
    strikes=[{"number": 4, "stage": "asked", "victim": JAVA, "age": 400}])
PAUSED = status(state="paused", chosen=LARGEST, chosenAge=12,
                pausedFor=8 * 60 * 1000,
                mutedFor=20 * 60 * 1000)
DEGRADED = status(
    state="degraded", mistakes=2, swapTotal=0,
    decision=decision(11 * GIB, levels={k: LEVELS[k] for k in
                                        ("warn", "term", "kill")}),
    kernelKills=1, limitKills=3, recordsDropped=12,
    warnings=["2 mistakes in the configuration, defaults instead: see "
              "oomguard check",
              "no CAP_KILL: only processes of its own user can be ended",
              "no pressure information (PSI): the levels alone count"])
for key in ("stallSome", "stallFull"):
    del DEGRADED["parameters"]["status"][key]
del DEGRADED["parameters"]["status"]["decision"]["swapFree"]

CANDIDATES = {"parameters": {"candidates": [JAVA, BACKUP, SMALL, SSHD],
                             "age": 400}}


def error(name, **parameters):
    return {"error": name, "parameters": parameters}


DENIED = error("io.oomguard.NotAllowed")
MISTAKES = error("io.oomguard.ConfigurationInvalid", mistakes=[
    '/etc/oomguard.conf:3: unknown key "wran": expected "warn"',
    '/etc/oomguard.conf:7: unknown section "memry": expected "memory"'])
NOTHING = {"parameters": {}}

# Bytes instead of a reply are sent as they are; None is never answered.
PROTECTED = {"parameters": {"processes": [
    {"pid": 812, "comm": "postgres", "unit": "postgresql@15-main.service",
     "former": 0, "present": -900, "memory": 1288490188, "age": 93784000},
    {"pid": 640, "comm": "sshd", "unit": "ssh.service", "former": 0,
     "present": -900, "memory": 8912896, "age": 93784000},
    {"pid": 7811, "comm": "worker", "former": 200, "present": -900,
     "memory": 54525952, "age": 61000},
], "leftOut": 0}}

SCENARIOS = {
    "calm": {"Status": status(chosen=LARGEST, chosenAge=12),
             "Candidates": CANDIDATES,
             "Records": {"parameters": {"records": RECORDS, "dropped": 0}},
             "Reload": NOTHING, "Pause": NOTHING, "Resume": NOTHING,
             "Mute": NOTHING, "Protected": PROTECTED},
    "warn": {"Status": WARN, "Candidates": CANDIDATES},
    "strike": {"Status": STRIKE, "Candidates": CANDIDATES},
    "paused": {"Status": PAUSED},
    "degraded": {"Status": DEGRADED,
                 "Protected": {"parameters": {"processes": [], "leftOut": 0}},
                 "Records": {"parameters": {"records": [], "dropped": 12}}},
    "refusing": {"Reload": MISTAKES, "Pause": DENIED,
                 "Mute": error("io.oomguard.GuardGone"),
                 "Resume": error("io.oomguard.Busy"),
                 "Status": error("org.varlink.service.MethodNotFound"),
                 "Records": error("com.example.Odd\x1b[2J")},
    "hung": {},
    "garbage": {"Status": b"HTTP/1.1 400 Bad Request\r\n\r\n\0"},
    "cut": {"Status": b'{"parameters":{"status"'},
    "closing": {"Status": b""},
    "endless": {"Status": b"[" * (5 << 20) + b"\0"},
    "deep": {"Status": b'{"parameters":{"status":' + b"[" * 900 + b"\0"},
    "strange": {"Status": {"parameters": {"status": {
        "state": 7, "sentence": "a\x1b[31m\u202e|b", "decision": [],
        "uptime": -5, "age": "x", "memoryBase": -1, "swapTotal": 1 << 62,
        "chosen": {"pid": 1e300, "comm": "\x1b]0;x\x07", "relief": "much"},
        "chosenAge": 0, "strikes": [None, 3], "lastStrikes": {},
        "warnings": [None, {}, "w" * 500]}}},
                "Protected": {"parameters": {"processes": 7}}},
}
