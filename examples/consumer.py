"""A consumer's app in 60 lines: opens a conversation, complains, sends a photo, prints what comes back.

uv run python examples/consumer.py http://127.0.0.1:8080 "$(uv run anxin token --consumer c_1001)" photo.jpg
"""

import sys
import threading
import uuid
from pathlib import Path

import httpx


def main(base_url: str, token: str, photo: Path | None) -> None:
    api = httpx.Client(base_url=f"{base_url}/api/v1", timeout=60)
    opened = api.post("/conversations", json={"token": token}).raise_for_status().json()
    conversation = f"/conversations/{opened['conversation_id']}"
    api.headers["Authorization"] = f"Bearer {opened['conversation_token']}"
    screen = threading.Thread(target=show, args=(api, conversation), daemon=True)
    screen.start()
    if photo:
        sent = api.post(
            f"{conversation}/files", files={"file": (photo.name, photo.read_bytes())}
        ).raise_for_status()
        say(api, conversation, files=[sent.json()["file_id"]])
    print("直接打字，空行结束：")
    for line in sys.stdin:
        if not line.strip():
            break
        say(api, conversation, text=line.strip())
    screen.join(3)  # the last answer is still on its way


def say(api: httpx.Client, conversation: str, text: str = "", files: list[str] | None = None) -> None:
    """Sends one message; the same client_msg_id is used again when the network fails, so nothing is doubled."""
    body = {"client_msg_id": str(uuid.uuid4()), "text": text, "files": files or []}
    for _ in range(5):
        try:
            answer = api.post(f"{conversation}/messages", json=body)
        except httpx.TransportError:
            continue
        if answer.is_error:
            print("!", answer.json()["error"]["message"])
        return


def show(api: httpx.Client, conversation: str) -> None:
    """Long-polls; `after` is the last seq seen, so a lost connection misses nothing."""
    after = 0
    while True:
        answer = api.get(f"{conversation}/events", params={"after": after, "wait": 30}).json()
        after = answer["last_seq"]
        for event in answer["events"]:
            if event["type"] == "message" and event["message"]["sender"] != "consumer":
                message = event["message"]
                print(
                    f"{message['sender_name']}：{message['text']}",
                    *[f"[{b['title']}]" for b in message["buttons"]],
                )
            elif event.get("text"):
                print("·", event["text"])


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]) if len(sys.argv) > 3 else None)
