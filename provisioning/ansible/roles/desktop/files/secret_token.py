"""Lets websockify through to the desktop for who has the VM's secret. VNC's own passwords are cut at eight letters."""

import hmac
import logging
from pathlib import Path


class SecretToken:
    """A token plugin of websockify: `source` is the file of the secret. It is read each time, and an empty one lets nobody in."""

    def __init__(self, source):
        self.source = Path(source)
        logging.disable(logging.INFO)  # websockify would write down each path that is asked for, and the secret in it

    def lookup(self, token):
        secret = self.source.read_text(encoding="ascii").strip()
        if secret and hmac.compare_digest(token.encode(), secret.encode()):
            return "unix_socket", "/run/vmm-desktop/vnc"
        return None
