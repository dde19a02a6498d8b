#compdef sshsniff
# Made by `make completions` from --help.

_sshsniff_watch() {
  _arguments -s \
    '*--interface[listen on this interface]:name:_net_interfaces' \
    '*-i[listen on this interface]:name:_net_interfaces' \
    '*--read[read a capture (pcap or pcapng, gzip or zstd too; - is standard input)]:file:_files' \
    '*-r[read a capture (pcap or pcapng, gzip or zstd too; - is standard input)]:file:_files' \
    '*--write[save the packets of the attempts (- is standard output)\: as pcap, or FILE.pcapng with what was found as comments]:file:_files' \
    '*-w[save the packets of the attempts (- is standard output)\: as pcap, or FILE.pcapng with what was found as comments]:file:_files' \
    '*--write-format[that files format, pcap or pcapng, whatever its name is]:format:' \
    '*--list-interfaces[print the interfaces and exit]' \
    '*-D[print the interfaces and exit]' \
    '*--ports[the SSH ports, as in 22,2222,22000-22100]:ports:' \
    '*-P[the SSH ports, as in 22,2222,22000-22100]:ports:' \
    '*--count[stop after COUNT frames]:count:' \
    '*-c[stop after COUNT frames]:count:' \
    '*--snapshot-length[capture no more of each frame]:bytes:' \
    '*-s[capture no more of each frame]:bytes:' \
    '*--no-promiscuous-mode[do not put the interface into promiscuous mode]' \
    '*-p[do not put the interface into promiscuous mode]' \
    '*--relinquish-privileges[become USER once all is open]:user:_users' \
    '*-Z[become USER once all is open]:user:_users' \
    '*--numeric[no names for addresses]' \
    '*-n[no names for addresses]' \
    '*--time[no times]' \
    '*-t[no times]' \
    '*--color[always, never, or auto\: on a terminal, unless NO_COLOR is set]:when:' \
    '*--quiet[the summary only]' \
    '*-q[the summary only]' \
    '*--verbose[each attempt in full, with versions, algorithms, times and weights]' \
    '*-v[each attempt in full, with versions, algorithms, times and weights]' \
    '*--anonymize[with -r\: other addresses and names in all that is written, the same for the same, under a key that nobody keeps]' \
    '*--brief[one line for each attempt]' \
    '*--cause[show only attempts of these causes\: kernel-rst,auth-failed]:causes:' \
    '*--client[show only attempts from there\: an address or a network, 10.7.0.0/16]:addresses:' \
    '*--host[show only attempts with one of these ends, or to a name that did not resolve]:hosts:' \
    '*--since[show only attempts begun then or later\: 2026-11-22T09\:30, 09\:30]:time:' \
    '*--until[show only attempts begun then or earlier]:time:' \
    '*--failed[show only attempts that failed]' \
    '*--format[how results are written]:name:(text json ecs)' \
    '*--json[one JSON object a line instead of text\: --format json]' \
    '*--html[write one page for a browser too\: all attempts, their packets and what to do]:file:_files' \
    '*--html-size[let that page be no larger\: 500K, 20M]:size:' \
    '*--confirm[probe the target of an attempt from here where the packets leave its cause open]' \
    '*--follow[go on with the -r FILE as it is written, and with the files after it of tcpdumps -C and -W]' \
    '*--local[live\: ask this machine itself why its SSH fails\: sockets, rules, queues, logs]' \
    '*--flood[live\: report more than COUNT alike in a second in one line]:count:' \
    '*--max-memory[take no more memory than this\: 64M, 1G]:size:' \
    '*--heartbeat[live\: how often JSON says that it still runs, with drops and lag]:seconds:' \
    '*--sensor[who watches, in the results for programs]:name:' \
    '*--metrics[keep counts in FILE for Prometheus (node_exporters textfile collector)\: every 15 s live, and at the end]:file:_files' \
    '*--fail-on-failure[exit with 3 where any attempt failed]' \
    '*--help[print this and exit]' \
    '*-h[print this and exit]' \
    '*--version[print the version and exit]' \
    '*:filter expression:'
}

_sshsniff_probe() {
  _arguments -s \
    '*--port[the SSH port]:port:' \
    '*-p[the SSH port]:port:' \
    '*--ipv4[IPv4 only]' \
    '*-4[IPv4 only]' \
    '*--ipv6[IPv6 only]' \
    '*-6[IPv6 only]' \
    '*--all-ports[look for SSH on all 65535 ports]' \
    '*--dry-run[print what would be sent, and send nothing]' \
    '*--rate[at most N packets a second]:n:' \
    '*--timeout[give up after so long]:seconds:' \
    '*--banner-timeout[how long a banner is waited for]:seconds:' \
    '*--patient[up to 67 s more, where only that can tell a drop at the last router from one on the host]' \
    '*--sockets[only what ordinary sockets allow, as without privilege]' \
    '*--numeric[no names for addresses]' \
    '*-n[no names for addresses]' \
    '*--verbose[all evidence, with weights]' \
    '*-v[all evidence, with weights]' \
    '*--format[how results are written]:name:(text json ecs)' \
    '*--json[one JSON object a line instead of text\: --format json]' \
    '*--fail-on-failure[exit with 3 where the port is not a working SSH server]' \
    '*--help[print this and exit]' \
    '*-h[print this and exit]' \
    '1:host:_hosts'
}

_sshsniff_local() {
  _arguments -s \
    '*--port[the port that the client asks for]:port:' \
    '*-p[the port that the client asks for]:port:' \
    '*--user[who wants to log in\: says whether sshds settings let them]:name:' \
    '*--verbose[further advice for each finding]' \
    '*-v[further advice for each finding]' \
    '*--format[how results are written]:name:(text json)' \
    '*--json[one JSON object a line instead of text\: --format json]' \
    '*--fail-on-failure[exit with 3 where something keeps SSH from working]' \
    '*--help[print this and exit]' \
    '*-h[print this and exit]' \
    '1:client:'
}

_sshsniff_run() {
  _arguments -s \
    '*--ports[further SSH ports]:ports:' \
    '*-P[further SSH ports]:ports:' \
    '*--numeric[no names for addresses]' \
    '*-n[no names for addresses]' \
    '*--verbose[versions, algorithms, times and weights too]' \
    '*-v[versions, algorithms, times and weights too]' \
    '*--format[how results are written]:name:(text json ecs)' \
    '*--json[one JSON object a line instead of text\: --format json]' \
    '*--html[write one page for a browser too\: the packets, and what to do]:file:_files' \
    '*--help[print this and exit]' \
    '*-h[print this and exit]' \
    '*::command:_normal'
}

_sshsniff_explain() {
  _arguments -s \
    '*--format[text or json]:name:(text json)' \
    '*--json[one JSON object a line instead of text\: --format json]' \
    '*--help[print this and exit]' \
    '*-h[print this and exit]' \
    '*:cause or line:(kernel-rst firewall-rst firewall-icmp silent-drop fail2ban-ban host-unreachable network-unreachable routing-loop name-failure maxstartups source-penalty closed-before-banner no-banner tarpit not-ssh protocol-mismatch kex-mismatch hostkey-rejected auth-failed login-timeout injected-rst mtu-blackhole listen-overflow return-path-loss client-abort idle-drop server-stalled server-hangup session-refused address-conflict intercepted misaddressed-reply reply-ignored stale-connection scan none undetermined)'
}

_sshsniff() {
  local -a commands=('watch:say why SSH connections fail, from an interface or captures (the default command)' 'probe:find out why one hosts SSH port does not answer, and where on the way, by asking it' 'local:say what this machine itself knows of its SSH service, and of one clients way in' 'run:run a command (run -- ssh user@host) and say why its connections failed' 'explain:say what a line that ssh printed means, or what a cause is')
  case ${words[2]} in
    watch|probe|local|run|explain)
      local command=${words[2]}
      shift words
      (( CURRENT-- ))
      if (( CURRENT > 1 )); then
        _sshsniff_$command
        return
      fi
      words=(sshsniff $words)
      (( CURRENT++ ))
      ;;
  esac
  (( CURRENT == 2 )) && [[ ${words[2]} != -* ]] && _describe command commands
  _sshsniff_watch
}

_sshsniff "$@"
