"""The fleet's Celery app without its tasks: how its processes reach the broker, and which queues there are."""

from __future__ import annotations

from celery import Celery
from kombu.entity import Exchange, Queue

from workers.broker import kinds, transport
from workers.broker.queues import CONTROL, DEAD, LANES


def fleet_app(broker: str) -> Celery:
    """Make the app over this broker's URL. It opens no connection."""
    transport.install()
    arguments = kinds.queue_arguments(broker)
    app = Celery("fleet")
    app.conf.update(
        broker_url=broker,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_channel_error_retry=True,  # the broker refuses: a replica of Redis before it is promoted, or a full disk
        broker_transport_options=dict(kinds.transport_options(broker)),
        broker_heartbeat=10,  # seconds: RabbitMQ gone without a word is noticed within two of them
        task_queues=[
            Queue(name, Exchange("", type="direct"), routing_key=name, queue_arguments=dict(arguments))
            for name in (*LANES, *DEAD.values(), CONTROL)
        ],
        task_default_queue=CONTROL,
        task_create_missing_queues=False,
        task_ignore_result=True,
        task_acks_late=False,  # a bell is only a bell: the ledger holds the work
        task_send_sent_event=False,
        task_serializer="json",
        accept_content=["json"],
        worker_prefetch_multiplier=1,
        worker_send_task_events=True,
        worker_consumer="workers.broker.consumer:GuardedConsumer",
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_enable_remote_control=True,
        beat_scheduler="workers.broker.beat:ShallowScheduler",
        enable_utc=True,
    )
    return app
