"""training runs, models, promotions, what serves, released wording

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

import kernel.db

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('curation_models',
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('run_id', sa.String(length=40), nullable=True),
    sa.Column('data_version', sa.String(length=64), nullable=True),
    sa.Column('data_fingerprint', sa.String(length=64), nullable=False),
    sa.Column('examples', sa.Integer(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('trained_at', kernel.db.UtcDateTime(), nullable=False),
    sa.Column('kept_at', kernel.db.UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('sha256', name=op.f('pk_curation_models'))
    )
    op.create_table('curation_promotions',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('model', sa.String(length=64), nullable=False),
    sa.Column('before', sa.String(length=64), nullable=False),
    sa.Column('slot', sa.String(length=8), nullable=False),
    sa.Column('share', sa.Integer(), nullable=False),
    sa.Column('by_id', sa.String(length=40), nullable=False),
    sa.Column('by_name', sa.String(length=60), nullable=False),
    sa.Column('reason', sa.String(length=300), nullable=False),
    sa.Column('asked_at', kernel.db.UtcDateTime(), nullable=False),
    sa.Column('canary_at', kernel.db.UtcDateTime(), nullable=True),
    sa.Column('live_at', kernel.db.UtcDateTime(), nullable=True),
    sa.Column('ended_at', kernel.db.UtcDateTime(), nullable=True),
    sa.Column('ended_by', sa.String(length=60), nullable=True),
    sa.Column('end_reason', sa.String(length=300), nullable=True),
    sa.Column('gates', sa.JSON(), nullable=False),
    sa.Column('seen', sa.JSON(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_curation_promotions'))
    )
    op.create_index('ix_curation_promotions_asked_at', 'curation_promotions', ['asked_at'], unique=False)
    op.create_index('ix_curation_promotions_state', 'curation_promotions', ['state'], unique=False)
    op.create_table('curation_runs',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('asked_by', sa.String(length=40), nullable=False),
    sa.Column('asked_by_name', sa.String(length=60), nullable=False),
    sa.Column('reason', sa.String(length=300), nullable=False),
    sa.Column('asked_at', kernel.db.UtcDateTime(), nullable=False),
    sa.Column('data_version', sa.String(length=64), nullable=True),
    sa.Column('against', sa.String(length=64), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('started_at', kernel.db.UtcDateTime(), nullable=True),
    sa.Column('finished_at', kernel.db.UtcDateTime(), nullable=True),
    sa.Column('wanted', sa.JSON(), nullable=True),
    sa.Column('took', sa.JSON(), nullable=True),
    sa.Column('error', sa.Text(), nullable=True),
    sa.Column('ended_by', sa.String(length=60), nullable=True),
    sa.Column('model', sa.String(length=64), nullable=True),
    sa.Column('report', sa.JSON(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_curation_runs'))
    )
    op.create_index('ix_curation_runs_state', 'curation_runs', ['state', 'asked_at'], unique=False)
    op.create_table('curation_serving',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('model', sa.String(length=64), nullable=False),
    sa.Column('routing', sa.JSON(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('at', kernel.db.UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_curation_serving'))
    )
    op.create_table('curation_slots',
    sa.Column('name', sa.String(length=8), nullable=False),
    sa.Column('model', sa.String(length=64), nullable=True),
    sa.Column('until', kernel.db.UtcDateTime(), nullable=True),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('url', sa.String(length=120), nullable=True),
    sa.Column('error', sa.Text(), nullable=True),
    sa.Column('at', kernel.db.UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_curation_slots'))
    )
    op.create_table('curation_wordings',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('variants', sa.JSON(), nullable=True),
    sa.Column('by_id', sa.String(length=40), nullable=False),
    sa.Column('by_name', sa.String(length=60), nullable=False),
    sa.Column('reason', sa.String(length=300), nullable=False),
    sa.Column('is_current', sa.Boolean(), nullable=False),
    sa.Column('back_to', sa.Integer(), nullable=True),
    sa.Column('at', kernel.db.UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_curation_wordings')),
    sa.UniqueConstraint('name', 'number', name=op.f('uq_curation_wordings_name_number'))
    )
    op.create_index('ix_curation_wordings_name', 'curation_wordings', ['name', 'number'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_curation_wordings_name', table_name='curation_wordings')
    op.drop_table('curation_wordings')
    op.drop_table('curation_slots')
    op.drop_table('curation_serving')
    op.drop_index('ix_curation_runs_state', table_name='curation_runs')
    op.drop_table('curation_runs')
    op.drop_index('ix_curation_promotions_state', table_name='curation_promotions')
    op.drop_index('ix_curation_promotions_asked_at', table_name='curation_promotions')
    op.drop_table('curation_promotions')
    op.drop_table('curation_models')
