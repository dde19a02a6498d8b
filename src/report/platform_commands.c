#include "platform_commands.h"

#include <stddef.h>

/* Whoever restarts sshd or changes a firewall from afar may lock himself out: %w says what guards against it. */
#define SYSTEMD_EDIT(unit) "sudoedit /etc/ssh/sshd_config && sudo sshd -t && sudo systemctl reload " unit
#define SS_LISTENERS       "sudo ss -ltnp '( sport = :%p )'"
#define NFT_RULES          "sudo nft list ruleset | grep -n -e reject -e drop"
#define UFW_ALLOW          "sudo ufw allow %p/tcp  # %w"
#define FIREWALLD_ALLOW    "sudo firewall-cmd --add-port=%p/tcp && sudo firewall-cmd --permanent --add-port=%p/tcp  # %w"

/* Units: Debian's and Ubuntu's is ssh, others' sshd; both where it is not known. Manuals: systemctl(1), ufw(8),
 * firewall-cmd(1), launchctl(1), service(8), sockstat(1), IOS and RouterOS command references; Microsoft's
 * "OpenSSH Server configuration". Nothing stands where a platform has no such command. */
/* clang-format off */
static const char *const commands[PLATFORM_COUNT][TASK_COUNT] = {
    [PLATFORM_UNKNOWN] = {
        [TASK_STATUS] = "systemctl status ssh sshd",
        [TASK_START] = "sudo systemctl enable --now ssh || sudo systemctl enable --now sshd  # %w",
        [TASK_UNITS] = "ssh.socket ssh sshd",
        [TASK_UNIT_LOG] = "sudo journalctl -u ssh.socket -u ssh -u sshd --since -1h",
        [TASK_RESTART] = "sudo systemctl reset-failed ssh.socket ssh sshd; systemctl is-enabled -q ssh.socket && sudo systemctl restart ssh.socket || sudo systemctl restart ssh || sudo systemctl restart sshd  # %w",
        [TASK_EDIT] = "sudoedit /etc/ssh/sshd_config && sudo sshd -t && { sudo systemctl reload ssh || sudo systemctl reload sshd; }",
        [TASK_LOG] = "sudo journalctl -u ssh -u sshd --since -10min",
        [TASK_CLIENT_LOG] = "sudo journalctl -u ssh -u sshd --since -1h | grep -F %c",
        [TASK_LISTENERS] = SS_LISTENERS,
        [TASK_RULES] = NFT_RULES,
        [TASK_ALLOW] = UFW_ALLOW,
    },
    [PLATFORM_DEBIAN] = {
        [TASK_STATUS] = "systemctl status ssh ssh.socket",
        [TASK_START] = "sudo systemctl enable --now ssh  # %w",
        [TASK_UNITS] = "ssh.socket ssh",
        [TASK_UNIT_LOG] = "sudo journalctl -u ssh.socket -u ssh --since -1h",
        [TASK_RESTART] = "sudo systemctl reset-failed ssh.socket ssh; systemctl is-enabled -q ssh.socket && sudo systemctl restart ssh.socket || sudo systemctl restart ssh  # %w",
        [TASK_EDIT] = SYSTEMD_EDIT("ssh"),
        [TASK_LOG] = "sudo journalctl -u ssh --since -10min",
        [TASK_CLIENT_LOG] = "sudo journalctl -u ssh --since -1h | grep -F %c",
        [TASK_LISTENERS] = SS_LISTENERS,
        [TASK_RULES] = NFT_RULES,
        [TASK_ALLOW] = UFW_ALLOW,
    },
    [PLATFORM_OPENSSH] = {
        [TASK_STATUS] = "systemctl status sshd",
        [TASK_START] = "sudo systemctl enable --now sshd  # %w",
        [TASK_UNITS] = "sshd.socket sshd",
        [TASK_UNIT_LOG] = "sudo journalctl -u sshd.socket -u sshd --since -1h",
        [TASK_RESTART] = "sudo systemctl reset-failed sshd.socket sshd; systemctl is-enabled -q sshd.socket && sudo systemctl restart sshd.socket || sudo systemctl restart sshd  # %w",
        [TASK_EDIT] = SYSTEMD_EDIT("sshd"),
        [TASK_LOG] = "sudo journalctl -u sshd --since -10min",
        [TASK_CLIENT_LOG] = "sudo journalctl -u sshd --since -1h | grep -F %c",
        [TASK_LISTENERS] = SS_LISTENERS,
        [TASK_RULES] = NFT_RULES,
        [TASK_ALLOW] = FIREWALLD_ALLOW,
    },
    [PLATFORM_FREEBSD] = {
        [TASK_STATUS] = "service sshd status",
        [TASK_START] = "sudo sysrc sshd_enable=YES && sudo service sshd start  # %w",
        [TASK_EDIT] = "sudoedit /etc/ssh/sshd_config && sudo /usr/sbin/sshd -t && sudo service sshd reload",
        [TASK_LOG] = "sudo grep sshd /var/log/auth.log | tail -n 50",
        [TASK_CLIENT_LOG] = "sudo grep -F %c /var/log/auth.log | tail -n 50",
        [TASK_LISTENERS] = "sockstat -4 -6 -l -p %p",
        [TASK_RULES] = "sudo pfctl -sr; sudo ipfw list",
    },
    [PLATFORM_NETBSD] = {
        [TASK_STATUS] = "service sshd status",
        [TASK_START] = "sudo service sshd onestart  # %w",
        [TASK_EDIT] = "sudo vi /etc/ssh/sshd_config && sudo /usr/sbin/sshd -t && sudo service sshd reload",
        [TASK_LOG] = "sudo grep sshd /var/log/authlog | tail -n 50",
        [TASK_CLIENT_LOG] = "sudo grep -F %c /var/log/authlog | tail -n 50",
        [TASK_LISTENERS] = "sockstat -l | grep -F .%p",
        [TASK_RULES] = "sudo npfctl show",
    },
    [PLATFORM_MACOS] = {
        [TASK_STATUS] = "sudo launchctl print system/com.openssh.sshd",
        [TASK_START] = "sudo systemsetup -setremotelogin on  # %w",
        [TASK_EDIT] = "sudo nano /etc/ssh/sshd_config && sudo /usr/sbin/sshd -t",
        [TASK_LOG] = "log show --last 10m --predicate 'process BEGINSWITH \"sshd\"'",
        [TASK_CLIENT_LOG] = "log show --last 1h --predicate 'process BEGINSWITH \"sshd\"' | grep -F %c",
        [TASK_LISTENERS] = "sudo lsof -nP -iTCP:%p -sTCP:LISTEN",
        [TASK_RULES] = "sudo pfctl -sr; /usr/libexec/ApplicationFirewall/socketfilterfw --getglobalstate",
    },
    [PLATFORM_WINDOWS] = {
        [TASK_STATUS] = "Get-Service sshd",
        [TASK_START] = "Set-Service sshd -StartupType Automatic; Start-Service sshd  # %w",
        [TASK_EDIT] = "notepad $env:ProgramData/ssh/sshd_config; sshd -t; Restart-Service sshd",
        [TASK_LOG] = "Get-WinEvent -LogName OpenSSH/Operational -MaxEvents 50",
        [TASK_CLIENT_LOG] = "Get-WinEvent -LogName OpenSSH/Operational -MaxEvents 500 | Select-String -SimpleMatch %c",
        [TASK_LISTENERS] = "Get-NetTCPConnection -State Listen -LocalPort %p",
        [TASK_RULES] = "Get-NetFirewallRule -Name '*ssh*' | Format-Table Name, Enabled, Profile, Action",
        [TASK_ALLOW] = "New-NetFirewallRule -Name sshd-%p -DisplayName sshd-%p -Direction Inbound -Protocol TCP -LocalPort %p -Action Allow  # %w",
    },
    [PLATFORM_CISCO] = {
        [TASK_STATUS] = "show ip ssh",
        [TASK_LOG] = "show logging | include SSH",
        [TASK_CLIENT_LOG] = "show logging | include %c",
        [TASK_LISTENERS] = "show control-plane host open-ports",
        [TASK_RULES] = "show access-lists",
    },
    [PLATFORM_ROUTEROS] = {
        [TASK_STATUS] = "/ip service print",
        [TASK_START] = "/ip service enable ssh  # %w",
        [TASK_LOG] = "/log print where topics~\"ssh\"",
        [TASK_CLIENT_LOG] = "/log print where message~\"%c\"",
        [TASK_LISTENERS] = "/ip service print",
        [TASK_RULES] = "/ip firewall filter print",
    },
    [PLATFORM_DROPBEAR] = {
        [TASK_STATUS] = "ps w | grep '[d]ropbear'",
        [TASK_START] = "/etc/init.d/dropbear start  # %w",
        [TASK_LOG] = "logread -e dropbear || sudo journalctl -t dropbear --since -10min",
        [TASK_CLIENT_LOG] = "logread -e %c || sudo journalctl -t dropbear --since -1h",
        [TASK_LISTENERS] = "netstat -ltnp | grep ':%p '",
        [TASK_RULES] = "nft list ruleset | grep -n -e reject -e drop",
    },
    [PLATFORM_OTHER] = {
        [TASK_LISTENERS] = SS_LISTENERS,
        [TASK_RULES] = NFT_RULES,
    },
};
/* clang-format on */

static const char *const tasks[TASK_COUNT] = {
    [TASK_STATUS] = "does it run",
    [TASK_START] = "start it, now and at boot",
    [TASK_UNITS] = "its systemd units",
    [TASK_UNIT_LOG] = "their log",
    [TASK_RESTART] = "start it again after it failed",
    [TASK_EDIT] = "change its settings, test them, let it read them",
    [TASK_LOG] = "its log",
    [TASK_CLIENT_LOG] = "what its log says of the client",
    [TASK_LISTENERS] = "who listens on the port",
    [TASK_RULES] = "rules that refuse or drop",
    [TASK_ALLOW] = "let the port through",
};

const char *platform_command(enum platform platform, enum platform_task task)
{
    return commands[platform][task];
}

const char *platform_task_words(enum platform_task task)
{
    return tasks[task];
}
