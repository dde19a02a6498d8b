#!/usr/bin/env python3
"""Writes the completions of zsh and fish from what the program's own --help says (bash asks --help while one types).

    completions.py PROGRAM FOLDER"""
import os
import re
import subprocess
import sys

COMMANDS = ("watch", "probe", "local", "run", "explain")
# What stands behind an option, by the word for it in --help: zsh's action, fish's.
VALUES = {
    "FILE": ("_files", "-r"), "USER": ("_users", "-xa '(__fish_complete_users)'"), "NAME": ("", "-x"),
    "interface": ("_net_interfaces", "-xa '(command ls /sys/class/net 2>/dev/null; echo any)'"), "format": ("(%s)", "-xa '%s'"),
}
OPTION = re.compile(r"^  (?:-(\w), |    )--([a-z0-9-]+)(?: ([A-Z]+))? +(.*)$")


def help_of(program, *words):
    return subprocess.run([program, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False).stdout


def options_of(program, command):
    """(letter, name, the word for its value, help)"""
    return [OPTION.match(row).groups() for row in help_of(program, command, "--help").splitlines() if OPTION.match(row)]


def summary(text):
    """The first clause, for a list of one line each."""
    open_brackets = 0
    for at, letter in enumerate(text):
        open_brackets += (letter == "(") - (letter == ")")
        if letter == ";" and open_brackets == 0:
            return text[:at]
    return text


def formats_of(program, command):
    return "text json" if command in ("explain", "local") else " ".join(re.findall(r"^  (\w+)", help_of(program, "--format", "help"), re.M))


def commands_of(program):
    return dict(re.findall(r"^  (\w+) +(.*)$", help_of(program, "--help").split("Usage:")[0], re.M))


def value_of(kind, name, word, formats):
    action = VALUES.get(name) or VALUES.get(word) or ("", "-x")
    return action[kind] % formats if "%s" in action[kind] else action[kind]


def zsh_option(option, formats):
    letter, name, word, text = option
    text = re.sub(r"[\[\]'\\]", "", summary(text)).replace(":", "\\:")
    value = f":{word.lower()}:{value_of(0, name, word, formats)}" if word else ""
    forms = [f"--{name}"] + ([f"-{letter}"] if letter else [])
    return "".join(f"    '*{form}[{text}]{value}'\n" for form in forms)


def zsh(program):
    causes = " ".join(re.findall(r"^  (\S+)", help_of(program, "explain"), re.M))
    out = "#compdef sshsniff\n# Made by `make completions` from --help.\n\n"
    for command in COMMANDS:
        formats = formats_of(program, command)
        rest = {"watch": "'*:filter expression:'", "probe": "'1:host:_hosts'", "local": "'1:client:'", "run": "'*::command:_normal'",
                "explain": f"'*:cause or line:({causes})'"}[command]
        out += f"_sshsniff_{command}() {{\n  _arguments -s \\\n"
        out += "".join(row.rstrip("\n") + " \\\n" for option in options_of(program, command) for row in zsh_option(option, formats).splitlines())
        out += f"    {rest}\n}}\n\n"
    described = " ".join("'%s:%s'" % (name, re.sub("[:']", "", text)) for name, text in commands_of(program).items())
    return out + f"""_sshsniff() {{
  local -a commands=({described})
  case ${{words[2]}} in
    {"|".join(COMMANDS)})
      local command=${{words[2]}}
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
  (( CURRENT == 2 )) && [[ ${{words[2]}} != -* ]] && _describe command commands
  _sshsniff_watch
}}

_sshsniff "$@"
"""


def fish_option(option, condition, formats):
    letter, name, word, text = option
    text = summary(text).replace("\\", "").replace("'", "\\'")
    value = " " + value_of(1, name, word, formats) if word else ""
    return f"complete -c sshsniff -n '{condition}'{' -s ' + letter if letter else ''} -l {name}{value} -d '{text}'\n"


def fish(program):
    causes = " ".join(re.findall(r"^  (\S+)", help_of(program, "explain"), re.M))
    out = "# Made by `make completions` from --help.\n"
    out += "complete -c sshsniff -n __fish_use_subcommand -f\n"
    for name, text in commands_of(program).items():
        out += "complete -c sshsniff -n __fish_use_subcommand -a %s -d '%s'\n" % (name, text.replace("'", "\\'"))
    for command in COMMANDS:
        seen = f"__fish_seen_subcommand_from {command}"
        condition = "not __fish_seen_subcommand_from " + " ".join(COMMANDS[1:]) if command == "watch" else seen
        out += "".join(fish_option(option, condition, formats_of(program, command)) for option in options_of(program, command))
    out += "complete -c sshsniff -n '__fish_seen_subcommand_from probe' -xa '(__fish_print_hostnames)'\n"
    return out + f"complete -c sshsniff -n '__fish_seen_subcommand_from explain' -fa '{causes}'\n"


def main():
    program, folder = sys.argv[1:]
    for name, text in (("sshsniff.zsh", zsh(program)), ("sshsniff.fish", fish(program))):
        with open(os.path.join(folder, name), "w") as out:
            out.write(text)


main()
