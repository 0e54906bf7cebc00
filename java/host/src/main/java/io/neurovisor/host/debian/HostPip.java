package io.neurovisor.host.debian;

import io.neurovisor.host.files.StorageFaults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The settings by which the host's pip reaches its indexes, so that a host that can install Python packages can also
 * build images with them. Settings that serve another purpose, or name paths of the host, are left out.
 *
 * @param settings pip's settings by their names, such as {@code index-url}
 * @param certificates the file with the certificate authorities that the host trusts
 */
public record HostPip(Map<String, String> settings, Optional<Path> certificates) {
    private static final List<String> NETWORK_SETTINGS =
            List.of("index-url", "extra-index-url", "trusted-host", "proxy", "timeout", "default-timeout", "retries");

    private static final List<String> CERTIFICATE_VARIABLES =
            List.of("PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE");

    private static final Path CERTIFICATES = Path.of("/etc/ssl/certs/ca-certificates.crt");
    private static final Pattern SECTION = Pattern.compile("\\[(.+)]");
    private static final Pattern SETTING = Pattern.compile("([A-Za-z-]+)\\s*[=:]\\s*(.*)");

    public HostPip {
        settings = Map.copyOf(settings);
    }

    /**
     * Reads the settings as pip does: its files in their order, then its variables.
     *
     * @param system the directory of the host's configuration: {@code /etc}
     */
    public static HostPip of(Map<String, String> environment, Path home, Path system) {
        Map<String, String> all = new TreeMap<>();
        files(environment, home, system).forEach(file -> all.putAll(read(file)));
        Stream.concat(NETWORK_SETTINGS.stream(), Stream.of("cert"))
                .forEach(name -> value(environment, variable(name)).ifPresent(value -> all.put(name, value)));
        Optional<Path> certificates = Stream.of(
                        Optional.ofNullable(all.remove("cert")).stream(),
                        CERTIFICATE_VARIABLES.stream().flatMap(name -> value(environment, name).stream()),
                        Stream.of(CERTIFICATES.toString()))
                .flatMap(paths -> paths)
                .map(Path::of)
                .filter(Files::isRegularFile)
                .findFirst();
        return new HostPip(all, certificates);
    }

    /**
     * Returns the settings as variables for another pip. An empty value removes a variable of the host that names paths
     * which do not exist there.
     *
     * @param inherited the names of the host's variables
     * @param certificatesThere the path of {@link #certificates} for that pip
     */
    public Map<String, String> variables(Set<String> inherited, String certificatesThere) {
        Map<String, String> variables = new TreeMap<>();
        inherited.stream()
                .filter(name -> name.startsWith("PIP_")
                        || name.startsWith("PYTHON")
                        || name.startsWith("SSL_CERT_")
                        || CERTIFICATE_VARIABLES.contains(name))
                .forEach(name -> variables.put(name, ""));
        if (certificates.isPresent()) {
            variables.put("PIP_CERT", certificatesThere);
        }
        settings.forEach((name, value) -> variables.put(variable(name), value));
        return variables;
    }

    private static String variable(String setting) {
        return "PIP_" + setting.toUpperCase(Locale.ROOT).replace('-', '_');
    }

    private static Optional<String> value(Map<String, String> environment, String name) {
        return Optional.ofNullable(environment.get(name)).map(String::strip).filter(value -> !value.isEmpty());
    }

    private static List<Path> files(Map<String, String> environment, Path home, Path system) {
        List<Path> files = new ArrayList<>(List.of(system.resolve("xdg/pip/pip.conf"), system.resolve("pip.conf")));
        files.add(home.resolve(".pip/pip.conf"));
        files.add(value(environment, "XDG_CONFIG_HOME")
                .map(Path::of)
                .orElse(home.resolve(".config"))
                .resolve("pip/pip.conf"));
        value(environment, "PIP_CONFIG_FILE").map(Path::of).ifPresent(files::add);
        return files.stream().filter(Files::isRegularFile).toList();
    }

    /** Reads the settings of the sections that apply to an installation. A value may continue in indented lines. */
    private static Map<String, String> read(Path file) {
        Map<String, String> settings = new TreeMap<>();
        String section = "";
        String name = "";
        for (String line : lines(file)) {
            Matcher heading = SECTION.matcher(line.strip());
            Matcher setting = SETTING.matcher(line);
            if (heading.matches()) {
                section = heading.group(1);
                name = "";
            } else if (setting.matches()) {
                name = setting.group(1).toLowerCase(Locale.ROOT);
                put(settings, section, name, setting.group(2).strip());
            } else if (!name.isEmpty() && line.matches("\\s+\\S.*")) {
                put(settings, section, name, (settings.getOrDefault(name, "") + " " + line.strip()).strip());
            }
        }
        return settings;
    }

    private static void put(Map<String, String> settings, String section, String name, String value) {
        boolean known = NETWORK_SETTINGS.contains(name) || name.equals("cert");
        if (known && List.of("global", "install").contains(section)) {
            settings.put(name, value);
        }
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file).stream()
                    .filter(line -> !line.isBlank()
                            && !line.strip().startsWith("#")
                            && !line.strip().startsWith(";"))
                    .toList();
        } catch (IOException failure) {
            throw StorageFaults.of("read", file, failure);
        }
    }
}
