"""the trainers' workbench: turns, inbox, labels, changes of the data, settled cases, checks

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

import kernel.db

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('curation_cases',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('item_id', sa.String(length=40), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('intent', sa.String(length=40), nullable=True),
    sa.Column('detail', sa.String(length=60), nullable=True),
    sa.Column('instead_of', sa.JSON(), nullable=False),
    sa.Column('why', sa.String(length=500), nullable=False),
    sa.Column('settled_by', sa.String(length=60), nullable=False),
    sa.Column('at', kernel.db.UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_curation_cases')),
    sa.UniqueConstraint('item_id', name=op.f('uq_curation_cases_item_id'))
    )
    op.create_table('curation_changes',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('author_id', sa.String(length=40), nullable=False),
    sa.Column('author', sa.String(length=60), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('edits', sa.JSON(), nullable=False),
    sa.Column('done', sa.JSON(), nullable=True),
    sa.Column('commit', sa.String(length=40), nullable=True),
    sa.Column('undoes', sa.String(length=40), nullable=True),
    sa.Column('undone_by', sa.String(length=40), nullable=True),
    sa.Column('problem', sa.String(length=500), nullable=True),
    sa.Column('at', kernel.db.UtcDateTime(), nullable=False),
    sa.Column('done_at', kernel.db.UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_curation_changes'))
    )
    op.create_index('ix_curation_changes_at', 'curation_changes', ['at', 'id'], unique=False)
    op.create_table('curation_checks',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('asked_by', sa.String(length=60), nullable=False),
    sa.Column('commit', sa.String(length=40), nullable=True),
    sa.Column('problem', sa.String(length=500), nullable=True),
    sa.Column('counts', sa.JSON(), nullable=False),
    sa.Column('seen_at', kernel.db.UtcDateTime(), nullable=True),
    sa.Column('at', kernel.db.UtcDateTime(), nullable=False),
    sa.Column('done_at', kernel.db.UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_curation_checks'))
    )
    op.create_index('ix_curation_checks_at', 'curation_checks', ['at'], unique=False)
    op.create_table('curation_findings',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('check_id', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('weight', sa.Float(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('place', sa.JSON(), nullable=False),
    sa.Column('other', sa.JSON(), nullable=False),
    sa.Column('says', sa.String(length=300), nullable=False),
    sa.Column('waved', sa.String(length=200), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_curation_findings'))
    )
    op.create_index('ix_curation_findings_check_id', 'curation_findings', ['check_id', 'kind', 'weight'], unique=False)
    op.create_table('curation_items',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('flat', sa.Text(), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('source', sa.String(length=12), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('wanted', sa.Integer(), nullable=False),
    sa.Column('predicted', sa.String(length=40), nullable=True),
    sa.Column('sub_type', sa.String(length=60), nullable=True),
    sa.Column('confidence', sa.Float(), nullable=False),
    sa.Column('priority', sa.Float(), nullable=False),
    sa.Column('parts', sa.JSON(), nullable=False),
    sa.Column('label', sa.JSON(), nullable=True),
    sa.Column('change_id', sa.String(length=40), nullable=True),
    sa.Column('parent_id', sa.String(length=40), nullable=True),
    sa.Column('first_at', kernel.db.UtcDateTime(), nullable=False),
    sa.Column('last_at', kernel.db.UtcDateTime(), nullable=False),
    sa.Column('decided_at', kernel.db.UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_curation_items'))
    )
    op.create_index('ix_curation_items_decided_at', 'curation_items', ['decided_at'], unique=False)
    op.create_index('ix_curation_items_inbox', 'curation_items', ['state', 'priority', 'id'], unique=False)
    op.create_index(op.f('ix_curation_items_parent_id'), 'curation_items', ['parent_id'], unique=False)
    op.create_table('curation_labels',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('item_id', sa.String(length=40), nullable=False),
    sa.Column('trainer_id', sa.String(length=40), nullable=False),
    sa.Column('trainer_name', sa.String(length=60), nullable=False),
    sa.Column('verdict', sa.String(length=10), nullable=False),
    sa.Column('intent', sa.String(length=40), nullable=True),
    sa.Column('kind', sa.String(length=10), nullable=True),
    sa.Column('detail', sa.String(length=60), nullable=True),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('settles', sa.Boolean(), nullable=False),
    sa.Column('at', kernel.db.UtcDateTime(), nullable=False),
    sa.Column('undone_at', kernel.db.UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_curation_labels'))
    )
    op.create_index('ix_curation_labels_item_id', 'curation_labels', ['item_id', 'id'], unique=False)
    op.create_index('ix_curation_labels_trainer_id', 'curation_labels', ['trainer_id', 'item_id'], unique=False)
    op.create_table('curation_turns',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('turn_id', sa.String(length=80), nullable=False),
    sa.Column('conversation_id', sa.String(length=40), nullable=False),
    sa.Column('first_seq', sa.Integer(), nullable=False),
    sa.Column('last_seq', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.Column('intent', sa.String(length=40), nullable=True),
    sa.Column('issue_type', sa.String(length=40), nullable=True),
    sa.Column('sub_type', sa.String(length=60), nullable=True),
    sa.Column('confidence', sa.Float(), nullable=False),
    sa.Column('decision', sa.String(length=10), nullable=False),
    sa.Column('candidates', sa.JSON(), nullable=False),
    sa.Column('ranking', sa.JSON(), nullable=False),
    sa.Column('did', sa.JSON(), nullable=False),
    sa.Column('model', sa.String(length=64), nullable=True),
    sa.Column('at', kernel.db.UtcDateTime(), nullable=False),
    sa.Column('asked_back', sa.Boolean(), nullable=False),
    sa.Column('handed_off', sa.String(length=40), nullable=True),
    sa.Column('corrected_to', sa.String(length=40), nullable=True),
    sa.Column('relabelled_to', sa.String(length=40), nullable=True),
    sa.Column('item_id', sa.String(length=40), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_curation_turns')),
    sa.UniqueConstraint('turn_id', name=op.f('uq_curation_turns_turn_id'))
    )
    op.create_index('ix_curation_turns_at', 'curation_turns', ['at'], unique=False)
    op.create_index(op.f('ix_curation_turns_conversation_id'), 'curation_turns', ['conversation_id'], unique=False)
    op.create_index('ix_curation_turns_fresh', 'curation_turns', ['id'], unique=False, sqlite_where=sa.text('item_id IS NULL'), postgresql_where=sa.text('item_id IS NULL'))
    op.create_index(op.f('ix_curation_turns_item_id'), 'curation_turns', ['item_id'], unique=False)
    op.create_index('ix_curation_turns_model', 'curation_turns', ['model', 'at'], unique=False)


def downgrade() -> None:
    for name in ("turns", "labels", "items", "findings", "checks", "changes", "cases"):
        op.drop_table(f"curation_{name}")
