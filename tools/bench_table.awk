# From the inputs' sizes and the commands' times to the table that README shows.
FILENAME ~ /packets$/ { packets[$1] = $2; bytes[$1] = $3; next }
{ wall[$1] = $2; processor[$1] = $3; peak[$1] = $4; rounds[$1] = $5 }

# The median of each round's own ratio: the machine's speed may change from round to round, less so within one.
function ratio(a, b,   i, j, n, x, y, r, t) {
    if (!(a in wall) || !(b in wall) || wall[b] <= 0)
        return "–"
    n = split(rounds[a], x, " ")
    split(rounds[b], y, " ")
    for (i = 1; i <= n; i++) {
        t = x[i] / y[i]
        for (j = i; j > 1 && r[j - 1] > t; j--)
            r[j] = r[j - 1]
        r[j] = t
    }
    return sprintf("%.2f", n % 2 ? r[(n + 1) / 2] : (r[n / 2] + r[n / 2 + 1]) / 2)
}
function row(title, key, input,   s, n) { # times are medians
    s = key ".sshsniff"
    if (!(s in wall))
        return
    n = packets[input]
    printf "| %s | %.3f s | %.3f s | %.2f M | %.0f MB | %s | %s | %s | %s |\n", title, wall[s], processor[s], n / wall[s] / 1e6, \
        peak[s] / 1024, ratio(s, input ".cat"), ratio(input ".tcpdump-filter", s), ratio(input ".tcpdump", s), ratio(input ".capinfos", s)
}
function size(input) { return sprintf("%.2f GB, %.2f M packets", bytes[input] / 1e9, packets[input] / 1e6) }

END {
    print "| input | wall | processor | packets/s | peak memory | time ÷ cat | tcpdump with a filter ÷ it | tcpdump ÷ it | capinfos ÷ it |"
    print "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    row("mixed traffic, pcap (" size("mixed") ")", "mixed", "mixed")
    row("the same, pcapng", "mixed-pcapng", "mixed")
    row("the same, zstd", "mixed-zstd", "mixed")
    row("SYNs and RSTs (" size("refused") ", every attempt judged)", "refused", "refused")
    row("the same, `--json`", "refused-json", "refused")
    row("bulk SSH (" size("bulk") ")", "bulk", "bulk")
    row("1,000,000 attempts open at once", "open-million", "open-million")
    row("1,000 attempts open at once, the same packets", "open-thousand", "open-thousand")
    print ""
    if ("mixed.cat" in wall)
        printf "cat of the mixed file: %.3f s; pcapng ÷ pcap: %s; zstd ÷ `zstd -dc`: %s.\n", wall["mixed.cat"], \
            ratio("mixed-pcapng.sshsniff", "mixed.sshsniff"), ratio("mixed-zstd.sshsniff", "mixed-zstd.zstd")
    if ("refused-json.sshsniff" in wall)
        printf "`--json` ÷ `-q`: %s.\n", ratio("refused-json.sshsniff", "refused.sshsniff")
    if ("open-million.sshsniff" in wall)
        printf "A packet among 1,000,000 attempts ÷ one among 1,000: %s.\n", ratio("open-million.sshsniff", "open-thousand.sshsniff")
}
