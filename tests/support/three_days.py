"""Three sessions from a day on, played in this process; prints the days and the journal's hash.

    python -m tests.support.three_days 2024-03-08

Run under different zones of the host, the lines must be the same.
"""

import sys
from datetime import date, time

from tests.support.desk import Desk, a_bar, at


def main() -> None:
    """One purchase a session at its open, one look at every full hour of the days between."""
    day = date.fromisoformat(sys.argv[1])
    desk = Desk(day=day, at=time(9, 31))
    for _ in range(3):
        desk.buy(100)
        desk.play(a_bar(ts_utc=at(desk.session.day, time(9, 32))))
        following = desk.parts.calendar.next_session(desk.session.day)
        for hour in range(24):
            desk.to(following, time(hour)) if at(following, time(hour)) > (
                desk.clock.now_utc()) else None
    position = desk.position()
    sys.stdout.write(f"{desk.session.day} {position.held_shares} {position.sellable_shares} "
                     f"{desk.session.cash_cny} {desk.store.head()}\n")


if __name__ == "__main__":
    main()
