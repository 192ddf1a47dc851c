"""What is injected: a scenario is two peers, a network and one cause. Names end in user and provider: d is DCMTK, p is pynetdicom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from blame.bridge import Settings
from blame.network import LAN, Link
from blame.peers import Peer

D, P = "dcmtk", "pynetdicom"
KILO, MEGA = 1_000, 1_000_000
NO_PROBE = {"early_retrans": "0"}  # no tail loss probe: a timeout is a timeout


@dataclass(frozen=True)
class Scenario:
    name: str
    cause: str  # one of causes.CAUSES
    scu: Peer = field(default_factory=Peer)
    scp: Peer = field(default_factory=Peer)
    link: Link = field(default_factory=Link)
    objects: int = 1
    size: int = 100 * KILO
    associations: int = 1
    robbed: tuple[tuple[float, float], ...] = ()  # packets between these shares of the capture file are removed from it
    scattered: float = 0.0  # this share of full packets is removed from the capture file


def within(objects: int, size: int, *parts: float) -> list[int]:
    """Offsets in the stream of a user, at these parts of each object."""
    return [500 + number * (size + size // 1000 + 700) + int(size * part) for number in range(objects) for part in parts]


def rules(what: str, offsets: list[int], seconds: float) -> str:
    return " ".join(f"{what}@{offset}={seconds}" for offset in offsets)


def turn(program: str, seconds: float) -> Peer:
    """A peer that thinks before each P-DATA it begins: pynetdicom in its own code, DCMTK in front of its socket."""
    return Peer(program, delay=seconds) if program == P else Peer(program, plan=f"turn@4={seconds}")


def slow_scp() -> Iterator[Scenario]:
    def one(name: str, scu: str, scp: str, objects: int, size: int, seconds: float, link: Link) -> Scenario:
        return Scenario(f"slow_scp_{name}", "slow-scp", Peer(scu), turn(scp, seconds), link, objects, size)

    yield one("pp", P, P, 5, 200 * KILO, 0.3, Link())
    yield one("dd", D, D, 8, 500 * KILO, 0.25, Link(offload=True))
    yield one("dp", D, P, 3, 2 * MEGA, 0.8, Link(tap="server"))
    yield one("pd", P, D, 20, 50 * KILO, 0.1, Link(Settings(rate=LAN, delay=0.002), tap="middle"))
    yield one("dd_single", D, D, 1, MEGA, 1.5, Link(Settings(rate=LAN, delay=0.005), tap="bridge-client-side"))
    yield one("dp_many", D, P, 50, 50 * KILO, 0.05, Link(tap="bridge-server-side"))


def slow_scu() -> Iterator[Scenario]:
    def one(name: str, scu: str, scp: str, objects: int, size: int, seconds: float, link: Link) -> Scenario:
        return Scenario(f"slow_scu_{name}", "slow-scu", turn(scu, seconds), Peer(scp), link, objects, size)

    yield one("pp", P, P, 6, 200 * KILO, 0.4, Link())
    yield one("dd", D, D, 10, 100 * KILO, 0.2, Link(tap="server"))
    yield one("dp", D, P, 4, MEGA, 0.5, Link(Settings(rate=LAN, delay=0.005), tap="middle"))
    yield one("pd", P, D, 25, 50 * KILO, 0.1, Link(tap="bridge-server-side", offload=True))


def sender_idle() -> Iterator[Scenario]:
    def one(name: str, scu: str, scp: str, objects: int, size: int, parts: tuple[float, ...], seconds: float, link: Link) -> Scenario:
        sender = Peer(scu, plan=rules("send", within(objects, size, *parts), seconds))
        return Scenario(f"sender_idle_{name}", "sender-idle", sender, Peer(scp), link, objects, size)

    yield one("dd", D, D, 3, MEGA, (0.5,), 0.5, Link())
    yield one("pp", P, P, 1, 2 * MEGA, (0.2, 0.5, 0.8), 0.4, Link())
    yield one("dp", D, P, 5, 500 * KILO, (0.3,), 0.3, Link(Settings(rate=LAN, delay=0.005), tap="server"))
    yield one("pd", P, D, 2, 300 * KILO, (0.6,), 0.8, Link(Settings(rate=LAN, delay=0.003), tap="middle"))


def window() -> Iterator[Scenario]:
    def full(name: str, scu: str, scp: str, buffer: int, delay: float, objects: int, size: int, tap: str) -> Scenario:
        link = Link(Settings(rate=LAN, delay=delay), tap, route="initcwnd 60")
        return Scenario(f"window_full_{name}", "window-full", Peer(scu), Peer(scp, f"rcvbuf@{buffer}=0"), link, objects, size)

    def closed(name: str, scu: str, scp: str, objects: int, size: int, seconds: float, link: Link) -> Scenario:
        # Soon full; segments that an offload has joined need more room than they have bytes.
        plan = f"rcvbuf@{(60 if link.offload else 40) * KILO}=0 " + rules("recv", within(objects, size, 0.5), seconds)
        return Scenario(f"window_closed_{name}", "window-closed", Peer(scu), Peer(scp, plan), link, objects, size)

    def slow(name: str, scu: str, scp: str, objects: int, size: int, link: Link) -> Scenario:
        reader = Peer(scp, f"rcvbuf@{16 * KILO}=0 each@4096=0.02")
        return Scenario(f"slow_reader_{name}", "slow-reader", Peer(scu), reader, link, objects, size)

    yield full("dd", D, D, 16 * KILO, 0.02, 2, 500 * KILO, "client")
    yield full("pp", P, P, 8 * KILO, 0.015, 3, 200 * KILO, "client")
    yield full("dp", D, P, 32 * KILO, 0.03, 1, 2 * MEGA, "server")
    yield full("pd", P, D, 16 * KILO, 0.025, 6, 150 * KILO, "middle")
    yield closed("dd", D, D, 1, 2 * MEGA, 2.0, Link())
    yield closed("pp", P, P, 3, MEGA, 0.8, Link())
    yield closed("dp", D, P, 5, 300 * KILO, 0.5, Link(Settings(rate=LAN, delay=0.005), tap="server"))
    yield closed("pd", P, D, 1, MEGA, 3.0, Link(tap="middle", offload=True))
    yield slow("dd", D, D, 1, 500 * KILO, Link())
    yield slow("pp", P, P, 2, 300 * KILO, Link(tap="server"))


def loss() -> Iterator[Scenario]:
    def timeout(name: str, scu: str, scp: str, objects: int, size: int, dark: float, delay: float, tap: str) -> Scenario:
        offsets = within(objects, size, 0.5)
        settings = Settings(delay=delay, rate=LAN, blackouts=[(offset, dark) for offset in offsets])
        return Scenario(
            f"timeout_{name}", "retransmission-timeout", Peer(scu), Peer(scp), Link(settings, tap, sysctl=NO_PROBE), objects, size
        )

    def recovery(name: str, scu: str, scp: str, size: int, apart: int, tap: str) -> Scenario:
        settings = Settings(delay=0.04, rate=LAN, drops=list(range(100 * KILO, size - 100 * KILO, apart)))
        link = Link(settings, tap, route="initcwnd 80", sysctl={"congestion_control": "bbr"})
        return Scenario(f"recovery_{name}", "fast-recovery", Peer(scu), Peer(scp, f"rcvbuf@{200 * KILO}=0"), link, 1, size)

    yield timeout("dd", D, D, 2, MEGA, 0.15, 0.002, "client")
    yield timeout("pp", P, P, 4, 300 * KILO, 0.15, 0.002, "client")
    yield timeout("dp", D, P, 3, 500 * KILO, 0.5, 0.005, "server")
    yield timeout("pd", P, D, 1, 2 * MEGA, 1.5, 0.005, "middle")
    yield recovery("dd", D, D, 2 * MEGA, 160 * KILO, "client")
    yield recovery("pp", P, P, 2 * MEGA, 130 * KILO, "client")
    yield recovery("dp", D, P, 3 * MEGA, 110 * KILO, "server")


def acknowledgements() -> Iterator[Scenario]:
    def held(name: str, scu: str, scp: str, window: int, delay: float, objects: int, size: int, tap: str) -> Scenario:
        link = Link(Settings(rate=LAN, delay=delay), tap, route=f"cwnd lock {window}")
        return Scenario(f"congestion_window_{name}", "congestion-window", Peer(scu), Peer(scp), link, objects, size)

    def nagle(name: str, scu: str, scp: str, objects: int, size: int, tap: str) -> Scenario:
        users = Peer(scu, "delack@0=0", nagle=True), Peer(scp, "delack@0=0", nagle=True)
        return Scenario(f"nagle_{name}", "nagle-delayed-ack", *users, Link(tap=tap), objects, size)

    yield held("dd", D, D, 4, 0.02, 1, 300 * KILO, "client")
    yield held("pp", P, P, 6, 0.015, 3, 200 * KILO, "client")
    yield held("dp", D, P, 10, 0.03, 1, 800 * KILO, "server")
    yield nagle("dd", D, D, 10, 50 * KILO, "client")
    yield nagle("pp", P, P, 30, KILO, "client")
    yield nagle("dp", D, P, 20, 300, "server")
    yield nagle("pd", P, D, 15, 600, "middle")


def negotiation() -> Iterator[Scenario]:
    def far(name: str, scu: str, scp: str, objects: int, delay: float) -> Scenario:
        link = Link(Settings(rate=LAN, delay=delay), "client", route="initcwnd 60")
        return Scenario(f"negotiation_{name}", "negotiation", Peer(scu), Peer(scp), link, objects, 10 * KILO, objects)

    def slow(name: str, scu: str, scp: str, objects: int, size: int, seconds: float, tap: str) -> Scenario:
        acceptor = Peer(scp, plan=f"turn@2={seconds}")
        return Scenario(f"slow_acceptor_{name}", "negotiation", Peer(scu), acceptor, Link(tap=tap), objects, size, objects)

    yield far("dd", D, D, 10, 0.03)
    yield far("pp", P, P, 8, 0.04)
    yield slow("dd", D, D, 8, 200 * KILO, 0.2, "server")
    yield slow("dp", D, P, 5, 100 * KILO, 0.15, "middle")


def broken() -> Iterator[Scenario]:
    yield Scenario("reset_by_scp_dd", "reset", scp=Peer(plan=f"exit@{400 * KILO}=0"), link=Link(Settings(rate=LAN)), size=MEGA)
    yield Scenario(
        "reset_by_scu_pp", "reset", Peer(P, plan=f"exit@{900 * KILO}=0"), Peer(P), Link(Settings(rate=LAN), "server"), 3, 500 * KILO
    )
    slow = Link(Settings(rate=4e6, delay=0.002))
    yield Scenario("capture_gap_dd", "capture-gap", link=slow, size=MEGA, robbed=((0.25, 0.75),))
    yield Scenario("capture_gap_pp", "capture-gap", Peer(P), Peer(P), slow, 1, MEGA, robbed=((0.1, 0.4), (0.55, 0.85)))
    yield Scenario("capture_scattered_dp", "none", Peer(D), Peer(P), Link(Settings(rate=LAN), "server"), 2, MEGA, scattered=0.01)


def controls() -> Iterator[Scenario]:
    def clean(name: str, scu: str, scp: str, objects: int, size: int, link: Link, max_pdu: int = 16384) -> Scenario:
        return Scenario(name, "none", Peer(scu, max_pdu=max_pdu), Peer(scp, max_pdu=max_pdu), link, objects, size)

    yield clean("clean_dd", D, D, 4, MEGA, Link(Settings(rate=LAN)))
    yield clean("clean_pp", P, P, 3, 2 * MEGA, Link(Settings(rate=LAN)))
    yield clean("clean_dp", D, P, 10, 300 * KILO, Link(Settings(rate=LAN), "server"))
    yield clean("clean_pd", P, D, 1, 3 * MEGA, Link(Settings(rate=LAN, delay=0.001), "middle"))
    yield clean("rate_dd", D, D, 2, MEGA, Link(Settings(rate=20e6, delay=0.005)))
    yield clean("rate_pp", P, P, 1, MEGA, Link(Settings(rate=8e6, delay=0.002), "server"))
    yield clean("rate_dp", D, P, 5, 500 * KILO, Link(Settings(rate=20e6), "bridge-client-side"))
    yield clean("tiny_pdu_dd", D, D, 3, 500 * KILO, Link(Settings(rate=20e6)), 4096)
    yield clean("tiny_pdu_pp", P, P, 2, 300 * KILO, Link(Settings(rate=20e6)), 1024)
    yield clean("reorder_dd", D, D, 2, MEGA, Link(Settings(rate=LAN, delay=0.002, swap=0.01, hold=0.001), "server"))
    yield clean("reorder_pp", P, P, 2, MEGA, Link(Settings(rate=LAN, delay=0.002, swap=0.005, hold=0.002), "client"))


GROUPS = (slow_scp, slow_scu, sender_idle, window, loss, acknowledgements, negotiation, broken, controls)
SCENARIOS = {scenario.name: scenario for group in GROUPS for scenario in group()}
