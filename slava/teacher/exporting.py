"""All conversations in one file each: `conversations.jsonl` and `conversations.parquet`, to train on."""

import pyarrow.parquet as pq

from slava.results import Output, whole
from slava.teacher.resuming import rows
from slava.teacher.tables import CONVERSATIONS, table, to_json

ROWS_A_GROUP = 4096


def export(output: Output) -> None:
    """Write both anew from the files of all runs."""
    filesystem = output.filesystem
    with (
        whole(output, "conversations.parquet") as columns,
        whole(output, "conversations.jsonl") as lines,
        filesystem.open_output_stream(lines) as stream,
        pq.ParquetWriter(columns, CONVERSATIONS, filesystem=filesystem, compression="zstd") as writer,
    ):
        group = []
        for row in rows(output, "conversations", CONVERSATIONS.names):
            stream.write((to_json(row) + "\n").encode("utf-8"))
            group.append(row)
            if len(group) == ROWS_A_GROUP:
                writer.write_table(table("conversations", group))
                group.clear()
        writer.write_table(table("conversations", group))
