# {{ ansible_managed }}
from pathlib import Path

server = c.{{ 'NotebookApp' if jupyter_frontend == 'notebook' else 'ServerApp' }}  # noqa: F821
server.ip = "0.0.0.0"
server.port = {{ jupyter_port }}
# Another port than the one that is let in and written down would be no help to anybody.
server.port_retries = 0
server.open_browser = False
{% if jupyter_frontend == 'notebook' %}
server.notebook_dir = str(Path.home())
server.quit_button = False
{% else %}
server.root_dir = str(Path.home())
{% endif %}
{% if jupyter_tls %}
server.keyfile = "/etc/vmm/tls.key"
server.certfile = "/etc/vmm/tls.crt"
{% endif %}
# An empty token would let everybody in, so without one there is no server.
server.token = Path("/run/vmm/secret").read_text().strip() or exit("no token, no server")
server.password = ""
server.allow_password_change = False
