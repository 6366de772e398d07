"""A storage backend for the genuine waldur-site-agent: one JSON file per account, and nothing else.

Every message and every mode of that agent makes a backend of its own, so what is kept is kept on disk. As little as
possible is done here: what is measured with it is the agent, not its backend.

Settings: `directory` of the accounts; `keys`, whether access keys are Waldur's to keep; `decreasing`, whether usage may
fall; `usage`, the same for every account, which then need not exist.
"""

import json
import secrets
from pathlib import Path
from uuid import uuid4

from waldur_site_agent.backend.backends import BaseBackend, PendingOrderDecision
from waldur_site_agent.backend.exceptions import BackendError
from waldur_site_agent.backend.structures import BackendResourceInfo

ENDPOINT = "http://127.0.0.1:9000"


class PeerBackend(BaseBackend):
    """What the agent asks of any backend, for accounts that are files."""

    def __init__(self, settings, components):
        super().__init__(settings, components)
        self.backend_type = "peer"
        self.directory = Path(settings["directory"])
        self.usage = settings.get("usage")
        self.supports_decreasing_usage = settings.get("decreasing", False)
        self.supports_resource_api_keys = settings.get("keys", False)

    def ping(self, raise_exception=False):
        return True

    def diagnostics(self):
        return True

    def list_components(self):
        return list(self.backend_components)

    def evaluate_pending_order(self, order, waldur_rest_client):
        """Orders say by their names what is to become of them."""
        return PendingOrderDecision.REJECT if order.resource_name == "Rejected" else PendingOrderDecision.ACCEPT

    def create_resource_with_id(self, waldur_resource, resource_backend_id, user_context=None):
        if waldur_resource.name == "Broken":
            raise BackendError("the backend is out of order")
        account = {"resource": waldur_resource.uuid.hex, "limits": waldur_resource.limits.to_dict(), "usage": {}}
        info = BackendResourceInfo(
            backend_id=resource_backend_id, endpoints=[{"name": "S3", "url": ENDPOINT}]
        )
        if not self.supports_resource_api_keys:
            account["keys"] = [new_key()]
            credentials = {"access_key": account["keys"][0]["client_id"], "secret_key": account["keys"][0]["api_key"]}
            account["metadata"] = {"s3_credentials": credentials, "s3_endpoint": ENDPOINT}
            info.backend_metadata = account["metadata"]
        self._write(resource_backend_id, account)
        return info

    def delete_resource(self, waldur_resource, **kwargs):
        self._file(waldur_resource.backend_id).unlink(missing_ok=True)

    def set_resource_limits(self, resource_backend_id, limits):
        self._change(resource_backend_id, limits=limits)

    def get_resource_limits(self, resource_backend_id):
        return self._read(resource_backend_id)["limits"]

    def list_resources(self):
        return [BackendResourceInfo(backend_id=file.stem) for file in self.directory.glob("*.json")]

    def downscale_resource(self, resource_backend_id):
        self._change(resource_backend_id, state="downscaled")
        return True

    def pause_resource(self, resource_backend_id):
        self._change(resource_backend_id, state="paused")
        return True

    def restore_resource(self, resource_backend_id):
        self._change(resource_backend_id, state="usable")
        return True

    def get_resource_metadata(self, resource_backend_id):
        account = self._read(resource_backend_id)
        return {**account.get("metadata", {}), "state": account.get("state", "usable")}

    def get_membership_sync_report(self, waldur_resource):
        return [{"username": "consumer", "scope_type": "resource", "role_name": "PROJECT.ADMIN", "state": "synced"}]

    def generate_resource_keys(self, resource_backend_id, count):
        account = self._read(resource_backend_id)
        made = [new_key() for _ in range(count)]
        self._change(resource_backend_id, keys=account.get("keys", []) + made)
        return made

    def rotate_resource_key(self, client_id, resource_backend_id, known_client_ids=None):
        """Both halves change, as with an S3 access key."""
        made = new_key()
        others = [key for key in self._read(resource_backend_id)["keys"] if key["client_id"] != client_id]
        self._change(resource_backend_id, keys=[*others, made])
        return made

    def _pull_backend_resource(self, resource_backend_id):
        if self.usage is not None:
            return BackendResourceInfo(usage={"TOTAL_ACCOUNT_USAGE": dict(self.usage)})
        if not self._file(resource_backend_id).exists():
            return None
        return BackendResourceInfo(usage=self._read(resource_backend_id)["usage"])

    def _get_usage_report(self, resource_backend_ids):
        return {name: self._read(name)["usage"] for name in resource_backend_ids}

    def _collect_resource_limits(self, waldur_resource):
        return {}, {}

    def _pre_create_resource(self, waldur_resource, user_context=None):
        pass

    def _file(self, account):
        return self.directory / f"{account}.json"

    def _read(self, account):
        return json.loads(self._file(account).read_text())

    def _write(self, account, content):
        self._file(account).write_text(json.dumps(content))

    def _change(self, account, **changes):
        self._write(account, {**self._read(account), **changes})


def new_key():
    return {"client_id": uuid4().hex, "api_key": secrets.token_hex(20)}
