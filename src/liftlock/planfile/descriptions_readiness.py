"""What the keys mean: what must be ready before the start."""

DESCRIPTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "Readiness": {
        "": ("What must be ready before the start.", "投产前准备。"),
        "hosts": (
            "What hosts must be: probed, and again before the start.",
            "主机要求：普查时与开始前各探测一次。",
        ),
        "checklist": ("What only a person can look at.", "只能由人确认的检查项。"),
    },
    "Expected": {
        "": ("What is planned for a group's hosts.", "一组主机的规划值。"),
        "hosts": ("A group of the inventory, or one host.", "清单中的主机组，或一台主机。"),
        "os": ("The operating system: debian", "操作系统，如 debian。"),
        "os_version": ("Its version; 12 holds for 12.5.", "操作系统版本；12 涵盖 12.5。"),
        "kernel": ("The kernel's version; 6.1 holds for 6.1.0-28.", "内核版本；6.1 涵盖 6.1.0-28。"),
        "arch": ("The architecture: x86_64", "体系结构，如 x86_64。"),
        "name": ("A regular expression for the host's own name.", "主机自身名称须匹配的正则表达式。"),
        "zone": ("The host's time zone.", "主机时区。"),
        "cpu_model": ("Is in the processor's name.", "处理器型号须包含的文字。"),
        "cpus": ("Processors, at least.", "处理器数下限。"),
        "memory": ("Memory in GiB, at least.", "内存下限（GiB）。"),
        "disks": ("Path and the free space there in GiB, at least.", "路径及其可用空间下限（GiB）。"),
        "mounts": ("Path of a mount and the type of its file system.", "挂载点及文件系统类型。"),
        "interfaces": ("Network card: `up`, or its speed in Mbit/s at least.", "网卡：`up` 或速率下限（Mbit/s）。"),
        "fibre_channel": ("Fibre channel ports that are online, at least.", "在线光纤通道端口数下限。"),
        "settings": ("Kernel parameters (sysctl) and their values.", "内核参数（sysctl）及其取值。"),
        "services": ("Services that run.", "应在运行的服务。"),
        "ports_free": ("Ports that nobody listens on.", "应空闲的端口。"),
        "resolves": ("Names that the host can resolve.", "主机应能解析的名称。"),
        "reaches": ("Addresses host:port that the host can connect to.", "主机应能连通的 地址:端口。"),
    },
    "ChecklistItem": {
        "": ("One line of the checklist.", "一项检查。"),
        "id": ("A short name: C1", "编号：C1"),
        "item": ("What must be so.", "检查内容。"),
        "by": ("Who may answer it.", "可由谁确认。"),
        "area": ("What it is about.", "所属方面。"),
        "keys": (
            "The answer must be signed by one of these keys: lines of OpenSSH's allowed_signers.",
            "确认须以其中之一的密钥签名：OpenSSH allowed_signers 行。",
        ),
    },
}
