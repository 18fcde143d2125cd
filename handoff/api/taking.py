"""Who has a conversation: taking it, declining, passing it on, giving it back, stepping in; and its brief."""

from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sanic_ext import openapi

from handoff import briefing, callbacks, desk, ownership, passing, records, routing, staff
from handoff.api.desk import agent, conversation_reply
from handoff.api.schemas import (
    AgentBody,
    DeclineBody,
    EpochBody,
    NoteBody,
    ReassignBody,
    TeamBody,
    TransferBody,
)
from kernel import http
from kernel.clock import utcnow

blueprint = Blueprint("desk_taking", url_prefix="/api/v1/desk")


@blueprint.post("/conversations/<conversation_id:str>/accept")
@openapi.definition(summary="接入排队中的会话；被同事抢先时返回 409 already_taken", tag="desk")
async def accept(request: Request, conversation_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, agent(request)
    row = await ownership.accept(services.db, services.stream, conversation_id, who, utcnow())
    return await conversation_reply(services, row)


@blueprint.post("/conversations/<conversation_id:str>/decline")
@openapi.definition(summary="不接这次分配，马上分给下一位同事", tag="desk", body=http.describe(DeclineBody))
async def decline(request: Request, conversation_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, agent(request)
    body = http.body(request, DeclineBody)
    await routing.decline(services.db, services.stream, conversation_id, who, utcnow(), body.reason)
    return http.reply({"ok": True})


@blueprint.post("/conversations/<conversation_id:str>/hand-back")
@openapi.definition(
    summary="征求消费者同意转回智能助手；他点了同意才转回", tag="desk", body=http.describe(EpochBody)
)
async def hand_back(request: Request, conversation_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, agent(request)
    body = http.body(request, EpochBody)
    row = await passing.ask_hand_back(
        services.db, services.stream, conversation_id, who, body.epoch, utcnow(), body.note
    )
    return await conversation_reply(services, row)


@blueprint.post("/conversations/<conversation_id:str>/transfer")
@openapi.definition(
    summary="转接给同事、团队，或商家与平台的队列", tag="desk", body=http.describe(TransferBody)
)
async def transfer(request: Request, conversation_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, agent(request)
    body = http.body(request, TransferBody)
    row = await passing.transfer(
        services.db,
        services.stream,
        conversation_id,
        who,
        body.epoch,
        utcnow(),
        agent_id=body.agent_id,
        team=body.team,
        party=body.party,
        why=body.note,
    )
    return await conversation_reply(services, row)


@blueprint.post("/conversations/<conversation_id:str>/close")
@openapi.definition(summary="结束会话", tag="desk", body=http.describe(EpochBody))
async def close(request: Request, conversation_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, agent(request)
    body = http.body(request, EpochBody)
    row = await ownership.close(services.db, services.stream, conversation_id, who, body.epoch, utcnow())
    return await conversation_reply(services, row)


@blueprint.post("/conversations/<conversation_id:str>/barge-in")
@openapi.definition(summary="主管接管会话，须说明原因", tag="desk", body=http.describe(NoteBody))
async def barge_in(request: Request, conversation_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, agent(request)
    body = http.body(request, NoteBody)
    row = await passing.step_in(services.db, services.stream, conversation_id, who, utcnow(), body.note)
    return await conversation_reply(services, row)


@blueprint.post("/conversations/<conversation_id:str>/reassign")
@openapi.definition(summary="主管把会话分给另一位同事", tag="desk", body=http.describe(ReassignBody))
async def reassign(request: Request, conversation_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, agent(request)
    body = http.body(request, ReassignBody)
    row = await passing.reassign(
        services.db, services.stream, conversation_id, who, body.agent_id, utcnow(), body.note
    )
    return await conversation_reply(services, row)


@blueprint.get("/conversations/<conversation_id:str>/brief")
@openapi.definition(summary="接手前要知道的：由事实按规则生成，每行指向它的消息", tag="desk")
async def brief(request: Request, conversation_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, agent(request)
    row = await desk.find(services.db, conversation_id, who)
    now = utcnow()
    lines = await services.facts.order_lines(row)
    made = await briefing.make(services.db, row, lines, who, now)
    async with services.db.write() as tx:
        await records.note(tx, "brief.viewed", conversation_id, who.agent_id, now)
    return http.reply(made)


@blueprint.get("/teams")
@openapi.definition(summary="可以转接的团队", tag="desk")
async def teams(request: Request) -> HTTPResponse:
    found = await staff.team_list(request.app.ctx.services.db, agent(request), utcnow())
    return http.reply({"teams": found})


@blueprint.post("/teams")
@openapi.definition(summary="新建团队（主管）", tag="desk", body=http.describe(TeamBody))
async def add_team(request: Request) -> HTTPResponse:
    services, who = request.app.ctx.services, agent(request)
    body = http.body(request, TeamBody)
    made = await staff.add_team(
        services.db, who, name=body.name, party=body.party, skills=body.skills, now=utcnow()
    )
    return http.reply({"id": made}, 201)


@blueprint.put("/agents/<agent_id:str>")
@openapi.definition(
    summary="坐席的接待上限、技能、语言和团队（主管）", tag="desk", body=http.describe(AgentBody)
)
async def set_work(request: Request, agent_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, agent(request)
    values = http.body(request, AgentBody).model_dump(exclude_none=True)
    return http.reply({"agent": await staff.set_work(services.db, who, agent_id, utcnow(), **values)})


@blueprint.get("/callbacks")
@openapi.definition(summary="答应过的留言回复和回电，快到期的在前", tag="desk")
async def open_callbacks(request: Request) -> HTTPResponse:
    found = await callbacks.open_ones(request.app.ctx.services.db, agent(request))
    return http.reply({"callbacks": found})


@blueprint.post("/callbacks/<callback_id:str>/done")
@openapi.definition(summary="已经回复或回电", tag="desk")
async def callback_done(request: Request, callback_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, agent(request)
    return http.reply({"callback": await callbacks.done(services.db, callback_id, who, utcnow())})
