package io.neurovisor.cli.sandbox;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.process.ProcessSelector;
import io.neurovisor.server.setting.SettingType;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Parses arguments about sandboxes: labels, times, processes and signals. */
public final class SandboxArguments {
    private static final Pattern PID = Pattern.compile("[1-9]\\d{0,8}");
    private static final Pattern NUMBER = Pattern.compile("[1-9]\\d?");
    private static final int MAX_SIGNAL = 64;

    /** The signals of Linux by number, from 1 on. */
    private static final List<String> SIGNALS = List.of(
            "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
            "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
            "WINCH", "IO", "PWR", "SYS");

    private SandboxArguments() {}

    /** Returns the pairs of {@code --metadata KEY=VALUE}. */
    static Map<String, String> metadata(List<String> arguments) {
        Map<String, String> pairs = new LinkedHashMap<>();
        for (String argument : arguments) {
            int sign = argument.indexOf('=');
            if (sign <= 0) {
                throw NeuroVisorException.invalid(
                        "metadata", "--metadata: \"" + argument + "\" is not allowed; use KEY=VALUE");
            }
            pairs.put(argument.substring(0, sign), argument.substring(sign + 1));
        }
        return pairs;
    }

    /** Returns the time that an argument names, or empty if it is not given. */
    public static Optional<Duration> time(String argument, @Nullable String text) {
        if (text == null) {
            return Optional.empty();
        }
        Optional<Duration> time = SettingType.TIME.parser().apply(text);
        if (time.isEmpty()) {
            throw NeuroVisorException.invalid(
                    "timeout", argument + ": \"" + text + "\" is not allowed; use " + SettingType.TIME.allowed());
        }
        return time;
    }

    /** Returns the process with this number or tag. A tag that is a number cannot be named. */
    static ProcessSelector process(String text) {
        return PID.matcher(text).matches()
                ? new ProcessSelector.Pid(Integer.parseInt(text))
                : new ProcessSelector.Tag(text);
    }

    /** Returns the number of a signal such as {@code 2}, {@code INT} or {@code SIGINT}. */
    static Optional<Integer> signal(String text) {
        if (NUMBER.matcher(text).matches()) {
            return Optional.of(Integer.parseInt(text)).filter(number -> number <= MAX_SIGNAL);
        }
        String name = text.toUpperCase(Locale.ROOT);
        int index = SIGNALS.indexOf(name.startsWith("SIG") ? name.substring("SIG".length()) : name);
        return index < 0 ? Optional.empty() : Optional.of(index + 1);
    }

    static List<String> signals() {
        return SIGNALS;
    }
}
