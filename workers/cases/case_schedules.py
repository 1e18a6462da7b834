"""What `control` does about exceptions beside the queues' own schedules: all of it short, so its ticker runs it."""

from __future__ import annotations

from workers.cases import deadlines, group_retries, notices
from workers.spine import schedule_names as names
from workers.spine.runtime import Runtime
from workers.spine.scheduler import Scheduled


def schedules(runtime: Runtime) -> dict[str, Scheduled]:
    """Retries of groups, the care of exceptions, and what owners are told, by name."""
    listed = [
        Scheduled(names.RETRIES, 1.0, lambda: group_retries.work_off(runtime.store), watched=False),
        Scheduled(names.CARE, 5.0, lambda: deadlines.look(runtime)),
        Scheduled(names.NOTICES, 3.0, lambda: notices.look(runtime)),
    ]
    return {scheduled.name: scheduled for scheduled in listed}
