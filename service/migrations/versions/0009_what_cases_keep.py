"""a move keeps its phase, a suspended case the time that was left

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("ticket_transitions") as transitions:
        transitions.add_column(sa.Column("to_phase", sa.String(length=30), nullable=True))
    with op.batch_alter_table("tickets") as tickets:
        tickets.add_column(sa.Column("paused_seconds", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("tickets") as tickets:
        tickets.drop_column("paused_seconds")
    with op.batch_alter_table("ticket_transitions") as transitions:
        transitions.drop_column("to_phase")
