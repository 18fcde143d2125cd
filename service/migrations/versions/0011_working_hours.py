"""working hours that parties set for themselves

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

import kernel.db

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('working_hours',
    sa.Column('party', sa.String(length=40), nullable=False),
    sa.Column('workdays', sa.JSON(), nullable=False),
    sa.Column('days_off', sa.JSON(), nullable=False),
    sa.Column('closed_days', sa.JSON(), nullable=False),
    sa.Column('changed_by', sa.String(length=40), nullable=False),
    sa.Column('changed_at', kernel.db.UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('party', name=op.f('pk_working_hours'))
    )


def downgrade() -> None:
    op.drop_table('working_hours')
