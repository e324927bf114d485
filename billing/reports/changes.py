"""The audit trail as a report: who changed what, when, on which object, how it stood before and after."""

from __future__ import annotations

from billing.reports.asked import Asked
from billing.reports.frame import Chart, Column, Form, Limit, Query, Report

COLUMNS = (
    Column("change", "编号", "Change", Form.COUNT),
    Column("at_beijing", "时间", "Time (Beijing)", Form.TIME),
    Column("who", "谁", "Who"),
    Column("by_key", "API 密钥", "By API key"),
    Column("what", "做了什么", "What", Form.WORD),
    Column("object", "对象", "Object"),
    Column("object_kind", "对象类型", "Kind"),
    Column("object_id", "对象编号", "Number"),
    Column("participant", "参与方", "Participant", Form.PARTICIPANT),
    Column("before", "之前", "Before"),
    Column("after", "之后", "After"),
    Column("why", "理由", "Why"),
)


def query(asked: Asked) -> Query:
    """Return the SELECT of changes in the days asked for (Beijing); `who` and `what` are parts of words."""
    limits, parameters = ["x.at >= %s", "x.at < %s"], list[object](asked.moments)
    for name, given in (
        ("x.who", asked.who),
        ("concat_ws(' ', x.what, x.object_kind, x.object_id, x.object_name)", asked.what),
    ):
        if given:
            limits.append(f"strpos(lower({name}), lower(%s)) > 0")
            parameters.append(given)
    if asked.participant:
        limits.append("x.participant_id = %s")
        parameters.append(asked.participant.pk)
    sql = f"""
    SELECT x.id AS change, x.at AT TIME ZONE 'Asia/Shanghai' AS at_beijing, x.who, x.by_key, x.what, x.object_name AS object, x.object_kind,
        x.object_id, p.slug AS participant, CASE x.before WHEN '{{}}'::jsonb THEN '' ELSE x.before::text END AS before,
        CASE x.after WHEN '{{}}'::jsonb THEN '' ELSE x.after::text END AS after, x.why, 1 AS changes
    FROM matching_change x LEFT JOIN matching_participant p ON p.id = x.participant_id WHERE {" AND ".join(limits)}
    """
    return Query(sql, parameters, "change DESC")


CHANGES = Report(
    name="changes",
    title_zh="审计记录",
    title="Audit trail",
    lead_zh="人在计费和运营中所做的每一次改动；不能修改，也不能删除。",
    lead="Every change that a person made in billing and operations; none can be edited or deleted.",
    columns=lambda asked: COLUMNS,
    query=query,
    chart=lambda asked: Chart("what", "changes"),
    limits=(Limit.PERIOD, Limit.WHO, Limit.WHAT, Limit.PARTICIPANT),
    is_recent=True,
    is_listed=False,
)
