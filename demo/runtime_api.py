"""HAProxy's runtime commands, as far as an upgrade uses them. Texts, columns and codes are those of HAProxy 2.6.

https://docs.haproxy.org/2.6/management.html, 9.1 (statistics) and 9.3 (commands).
"""

import time

from demo.balancing import Backend, Server


def columns(names: str) -> list[str]:
    return names.split()


STAT_COLUMNS = columns(
    "pxname svname qcur qmax scur smax slim stot bin bout dreq dresp ereq econ eresp wretr wredis status weight act "
    "bck chkfail chkdown lastchg downtime qlimit pid iid sid throttle lbtot tracked type rate rate_lim rate_max "
    "check_status check_code check_duration hrsp_1xx hrsp_2xx hrsp_3xx hrsp_4xx hrsp_5xx hrsp_other hanafail req_rate "
    "req_rate_max req_tot cli_abrt srv_abrt comp_in comp_out comp_byp comp_rsp lastsess last_chk last_agt qtime ctime "
    "rtime ttime agent_status agent_code agent_duration check_desc agent_desc check_rise check_fall check_health "
    "agent_rise agent_fall agent_health addr cookie mode algo conn_rate conn_rate_max conn_tot intercepted dcon dses "
    "wrew connect reuse cache_lookups cache_hits srv_icur src_ilim qtime_max ctime_max rtime_max ttime_max eint "
    "idle_conn_cur safe_conn_cur used_conn_cur need_conn_est uweight"
)
STATE_COLUMNS = columns(
    "be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight "
    "srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state "
    "bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr "
    "srv_agent_addr srv_agent_port"
)
FRONTEND_ID, BACKEND_ID = 2, 3
FRONTEND, BACKEND, SERVER = 1, 2, 4  # `type`, as bits of `show stat`'s filter
TYPE_CODES = {FRONTEND: "0", BACKEND: "1", SERVER: "2"}
ADMIN_CODES = {"ready": 0, "maint": 1, "drain": 8}
UP, DOWN = 2, 0


def answer(backend: Backend, command: str, now: float) -> str:
    """What the load balancer says to one command."""
    match command.split():
        case ["show", "stat", *rest]:
            return show_stat(backend, rest, now)
        case ["show", "servers", "state", *rest]:
            return show_state(backend, rest, now)
        case ["show", "info", *_]:
            return "Name: stand-in for HAProxy\nVersion: 2.6\n"
        case ["set", "server", target, "state", state]:
            return set_state(backend, target, state)
        case ["get", "var", name]:
            return backend.variables.get(name, "Variable not found.") + "\n"
        case ["set", "var", name, expression]:
            return set_variable(backend, name, expression)
        case [] | ["experimental-mode", "on"]:
            return ""
        case _:
            return "Unknown command, but maybe one of the following ones is a better match:\n  show stat, show servers "
    raise AssertionError(command)


def set_variable(backend: Backend, name: str, expression: str) -> str:
    """The two expressions that are used: the time, and a word."""
    kind, value = ("sint", str(int(time.time()))) if expression == "date()" else ("str", expression[4:-1])
    backend.variables[name] = f"{name}: type={kind} value=<{value}>"
    return ""


def set_state(backend: Backend, target: str, state: str) -> str:
    name, _, server_name = target.partition("/")
    if name != backend.name:
        return "No such backend.\n"
    server = backend.find(server_name)
    if server is None:
        return "No such server.\n"
    match state:
        case "ready" | "drain" | "maint":
            server.set_admin(state)
            return ""
        case _:
            return "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n"


def show_stat(backend: Backend, filters: list[str], now: float) -> str:
    """CSV; `filters` are proxy, types (bits) and server, each -1 for all."""
    proxy, types, number = [*filters, "-1", "-1", "-1"][:3]
    known = {"-1": None, str(FRONTEND_ID): FRONTEND_ID, str(BACKEND_ID): BACKEND_ID}
    known |= {backend.name: BACKEND_ID, backend.frontend: FRONTEND_ID}
    if proxy not in known:
        return "No such proxy.\n"
    wanted = int(types) if int(types) >= 0 else FRONTEND | BACKEND | SERVER
    lines = ["# " + ",".join(STAT_COLUMNS) + ","]
    for kind, row in stat_rows(backend, now):
        fits_proxy = known[proxy] is None or row["iid"] == str(known[proxy])
        fits_server = kind != SERVER or number in ("-1", row["sid"], row["svname"])
        if wanted & kind and fits_proxy and fits_server:
            lines.append(",".join(row.get(column, "") for column in STAT_COLUMNS) + ",")
    return "\n".join(lines) + "\n"


def stat_rows(backend: Backend, now: float) -> list[tuple[int, dict[str, str]]]:
    """FRONTEND, the servers, BACKEND: in HAProxy's order."""
    servers = [server_row(backend, server, now) for server in backend.servers]
    able = sum(server.status == "UP" for server in backend.servers)
    sums = {column: str(sum(int(row[column]) for row in servers)) for column in SUMMED}
    front = {"pxname": backend.frontend, "svname": "FRONTEND", "iid": str(FRONTEND_ID), "sid": "0", "status": "OPEN"}
    back = {"pxname": backend.name, "svname": "BACKEND", "iid": str(BACKEND_ID), "sid": "0", "act": str(able)}
    back |= {"status": "UP" if able else "DOWN", "weight": str(able), "mode": "http", "algo": "roundrobin"}
    return [
        (FRONTEND, sums | front | {"type": TYPE_CODES[FRONTEND], "pid": "1", "mode": "http"}),
        *((SERVER, row) for row in servers),
        (BACKEND, sums | back | {"type": TYPE_CODES[BACKEND], "pid": "1"}),
    ]


SUMMED = ("scur", "stot", "econ", "eresp", "qcur", "req_tot", *(f"hrsp_{n}xx" for n in range(1, 6)))


def server_row(backend: Backend, server: Server, now: float) -> dict[str, str]:
    figures = {"qcur": 0, "qmax": 0, "scur": server.running, "stot": server.total, "lbtot": server.total}
    figures |= {"req_tot": server.total, "econ": server.econ, "eresp": server.eresp, "weight": 1, "act": 1, "bck": 0}
    figures |= {f"hrsp_{n}xx": server.by_class[n] for n in range(1, 6)} | {"hrsp_other": 0, "uweight": 1}
    figures |= {"lastchg": int(now - server.changed_at), "pid": 1, "iid": BACKEND_ID, "sid": server.number}
    figures |= {"used_conn_cur": server.running}
    row = {name: str(value) for name, value in figures.items()}
    row |= {"pxname": backend.name, "svname": server.name, "status": server.status, "type": TYPE_CODES[SERVER]}
    row |= {"addr": f"{server.address}:{server.port}", "mode": "http"}
    return row | {"check_status": "L7OK" if server.up else "L4CON"}


def show_state(backend: Backend, filters: list[str], now: float) -> str:
    if filters and filters[0] not in (backend.name, str(BACKEND_ID)):
        return "Can't find backend.\n"
    lines = ["1", "# " + " ".join(STATE_COLUMNS)]
    for server in backend.servers:
        state = UP if server.up and server.admin != "maint" else DOWN
        since = int(now - server.changed_at)
        lines.append(
            f"{BACKEND_ID} {backend.name} {server.number} {server.name} {server.address} {state} "
            f"{ADMIN_CODES[server.admin]} 1 1 {since} 15 3 4 6 0 0 0 - {server.port} - 0 0 - - 0"
        )
    return "\n".join(lines) + "\n"
