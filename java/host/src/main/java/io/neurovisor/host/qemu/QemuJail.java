package io.neurovisor.host.qemu;

import com.google.protobuf.ByteString;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.jail.SeccompFilters;
import io.neurovisor.host.probe.ProbeCache;
import io.neurovisor.host.process.Tool;
import io.neurovisor.host.process.ToolCommand;
import io.neurovisor.host.spawner.Jail;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The files that QEMU sees: its program, the libraries with which it is linked, and the firmware for guests.
 * Configuration, modules and all other files of the host are hidden.
 */
public final class QemuJail {
    static final String FIRMWARE = "qboot.rom";

    /** A line of the dynamic linker with the path of a library (ld.so(8), {@code --list}). */
    private static final Pattern LIBRARY = Pattern.compile("(/\\S+) \\(0x");

    private static final Path LINKER = Path.of("/lib64/ld-linux-x86-64.so.2");
    private static final Path LINKER_CACHE = Path.of("/etc/ld.so.cache");
    private static final String SEPARATOR = "\n";

    private final List<Path> visible;
    private final ByteString filter;

    private QemuJail(List<Path> visible, ByteString filter) {
        this.visible = List.copyOf(visible);
        this.filter = filter;
    }

    /** Finds out what this QEMU needs; cached until it or the host's libraries change. */
    public static QemuJail of(QemuProgram program, ProbeCache cache) {
        Path executable = program.executable();
        String key = "jail / " + executable + " / " + ProbeCache.fingerprint(executable) + " / "
                + ProbeCache.fingerprint(LINKER_CACHE);
        String known = cache.get(key)
                .filter(paths -> paths.lines().map(Path::of).allMatch(Files::exists))
                .orElseGet(() -> remember(cache, key, () -> needed(executable)));
        return new QemuJail(
                known.lines().map(Path::of).toList(), ByteString.copyFrom(new SeccompFilters(cache).qemu()));
    }

    Jail jail(long maxFileBytes) {
        return new Jail(visible, filter, maxFileBytes);
    }

    private static String remember(ProbeCache cache, String key, Supplier<List<Path>> probe) {
        String answer =
                String.join(SEPARATOR, probe.get().stream().map(Path::toString).toList());
        cache.put(key, answer);
        return answer;
    }

    private static List<Path> needed(Path executable) {
        List<Path> needed = new ArrayList<>();
        needed.add(executable);
        needed.add(LINKER);
        needed.add(LINKER_CACHE);
        Tool.of(ToolCommand.of(LINKER.toString(), "libc6", "--list", executable.toString()))
                .lines()
                .forEach(line -> {
                    Matcher matcher = LIBRARY.matcher(line);
                    if (matcher.find()) {
                        needed.add(Path.of(matcher.group(1)));
                    }
                });
        needed.add(firmware(executable));
        return needed.stream().distinct().toList();
    }

    private static Path firmware(Path executable) {
        List<String> directories = Tool.of(ToolCommand.of(executable.toString(), "qemu-system-x86", "-L", "help"))
                .lines();
        Stream<Path> places = directories.stream().map(directory -> Path.of(directory, FIRMWARE));
        return places.filter(Files::isReadable)
                .findFirst()
                .orElseThrow(() -> new NeuroVisorException(
                        Fault.VMM_MISSING,
                        FIRMWARE + " of " + executable + " is in none of " + String.join(", ", directories)
                                + "; ./neurovisor setup installs a QEMU that has it"));
    }
}
