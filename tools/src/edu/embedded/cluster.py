"""Three brokers on one machine, where a scenario is about replicas."""

from __future__ import annotations

from pathlib import Path

from edu.embedded.kafka import Java, Kafka
from edu.embedded.process import free_ports
from edu.home import write_private

NODES = (1, 2, 3)
REPLICATED = {
    name: value
    for kind in ("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")
    for name, value in (
        (f"{kind}.replication.factor", "3"),
        *([] if kind == "offsets.topic" else [(f"{kind}.min.isr", "2")]),
    )
}


def three_brokers(java: Java, folder: Path, logs: Path) -> list[Kafka]:
    """Return three nodes of one cluster, to be started; each is broker and controller.

    What is acknowledged is on two of them at least. Each is asked alone whether it is ready.
    """
    ports, controllers = free_ports(len(NODES)), free_ports(len(NODES))
    voters = ",".join(
        f"{node}@127.0.0.1:{port}" for node, port in zip(NODES, controllers, strict=True)
    )
    nodes = [
        Kafka(
            java,
            folder / f"kafka-{node}",
            logs / f"kafka-{node}.log",
            settings={
                "node.id": str(node),
                "controller.quorum.voters": voters,
                "min.insync.replicas": "2",
                **REPLICATED,
            },
            port=port,
            controller=controller,
        )
        for node, port, controller in zip(NODES, ports, controllers, strict=True)
    ]
    for one in nodes:
        one.folder.mkdir(parents=True)
        write_private(one.folder / "cluster-id", nodes[0].cluster_id)
    return nodes
