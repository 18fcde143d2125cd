"""The one way to refuse: a code for programs and a sentence for people."""

from typing import Any


class DomainError(Exception):
    """A refusal that its caller may read: `code` is constant, `message` is Chinese, `status` is HTTP's."""

    def __init__(self, code: str, message: str, status: int = 400, **details: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.details = details

    def to_json(self) -> dict[str, Any]:
        """`{"error": {"code", "message", "details"?}}`, the shape of every error on the wire."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.details:
            error["details"] = self.details
        return {"error": error}


def not_found(what: str) -> DomainError:
    """404 that does not tell whether the thing exists for somebody else."""
    return DomainError("not_found", f"没有找到这个{what}", 404)


def forbidden(message: str = "您没有权限进行这个操作") -> DomainError:
    return DomainError("forbidden", message, 403)


def unauthorized(message: str = "登录已失效，请重新进入") -> DomainError:
    return DomainError("unauthorized", message, 401)
