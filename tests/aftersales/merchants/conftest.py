"""Members of staff, and a day in the demo's calendar."""

from datetime import date

from kernel.principal import Principal

PLATFORM = Principal("agent", agent_id="a_2", name="周宁", role="platform_agent", party="platform")
LEAD = Principal("agent", agent_id="a_4", name="郑主管", role="supervisor", party="platform")
ADMIN = Principal("agent", agent_id="a_5", name="管理员", role="admin", party="platform")
MERCHANT = Principal("agent", agent_id="a_1", name="林晓", role="merchant_agent", party="m_1")
RIVAL = Principal("agent", agent_id="a_9", name="苏禾", role="merchant_agent", party="m_2")
TRAINER = Principal("agent", agent_id="a_6", name="钱老师", role="trainer", party="platform")
TODAY = date(2026, 11, 24)
