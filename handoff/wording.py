"""What the service itself says when no model and no person is speaking (domain-rules §7)."""

BOT_NAME = "智能助手"
SYSTEM_NAME = "系统消息"

GREETING = (
    "您好，我是安心售后的智能助手（AI）。商品有问题、发错少发、尺码不合适或想退货，直接说就行；"
    "随时可以点「转人工」。"
)
GREETING_BUTTONS = (
    ("商品有问题", "/quality"),
    ("发错/少发", "/wrong_item"),
    ("尺码不合适", "/size"),
    ("七天无理由退货", "/no_reason"),
    ("查处理进度", "/check_ticket"),
)

BOT_IS_AWAY = "您的消息已经收到。智能助手这会儿反应有点慢，恢复后马上接着回复您；着急的话点「转人工」就行。"

QUEUED = "正在为您接入人工客服，前面的聊天和照片都会带过去，不用再说一遍。"
QUEUED_URGENT = "先确认您和家人安全最要紧，身体不舒服请先就医。我已经把您排到最前面，马上接人工客服。"
PLATFORM_COMES_IN = "已为您申请平台客服介入，平台客服会看到完整记录和凭证，请稍等。"
LEFT_QUEUE = "好的，先不排队了，由智能助手继续帮您。"
HANDED_BACK = "好的，由智能助手接着帮您，有需要随时再点「转人工」。"
STILL_WITH_PERSON = "好的，人工客服继续为您服务。"
ASK_HAND_BACK = "接下来的查进度、补材料这些，智能助手可以直接帮您办。要转给它吗？您不同意的话，我继续在这里。"
AGREE_HAND_BACK, KEEP_PERSON = "可以，转给智能助手", "不用，继续人工"
AGENT_IS_GONE = "刚才的客服暂时离开了，正在为您接入另一位同事，前面的内容都会带过去。"
LEFT_MESSAGE = "已经记下了，客服会在{due}前在这里回复您，您可以先去忙，不用一直等着。"
WILL_CALL = "已经记下了，客服会在{due}前打给您（尾号{tail}）。号码只用于这次回电。"
WAITS_ON = "好的，继续为您排队，位置不变。"
REQUEUED = "正在为您转接到更合适的同事，前面的内容都会带过去。"
CLOSED = "本次会话已结束。之后有问题，直接在这里留言就行。"
RETURNED = "欢迎回来，由智能助手接着帮您。"


def accepted(agent_name: str) -> str:
    return f"客服{agent_name}为您服务。您前面说的情况都看到了，不用再重复。"


def passed_on(agent_name: str) -> str:
    return f"已为您转接给客服{agent_name}，前面的内容都已带过去。"


def stepped_in(name: str) -> str:
    return f"主管{name}来为您处理，前面的内容都看到了，不用再重复。"


def queued_closed(hours: str, opens: str) -> str:
    return (
        f"现在是客服休息时间（{hours}），最早{opens}有人。您可以继续等、留言，或者约个电话，"
        "位置都会保留；前面的聊天和照片会一起带过去。"
    )
