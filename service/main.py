"""`python -m service.main`: one process of the service."""

import resource

from sanic import Sanic

from service import logs
from service.app import create_app
from service.settings import Settings


def main() -> None:
    """Serves until it is told to stop; the environment says everything else."""
    logs.configure()
    # Every open page is a file: the system's usual soft limit of 1,024 would refuse the rest.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    settings = Settings()  # type: ignore[call-arg]  # secrets come from the environment
    app = create_app(settings)
    app.prepare(settings.host, settings.port, single_process=True, motd=False, access_log=False)
    Sanic.serve_single(app)


if __name__ == "__main__":
    main()
