package io.neurovisor.server.config;

import io.neurovisor.engine.program.FilePath;
import io.neurovisor.server.setting.NearestName;
import io.neurovisor.server.setting.ProcessEnvironment;
import io.neurovisor.server.setting.ServiceLinks;
import io.neurovisor.server.setting.Setting;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The environment variables that begin with {@code NEUROVISOR_} and mean something. */
final class KnownVariables {
    private static final String PREFIX = "NEUROVISOR_";

    /** Variables that are not settings. They are read by other classes, by the launcher and by scripts. */
    private static final List<String> PUBLIC = List.of(
            LoadedConfig.FILE_VARIABLE,
            ApiKey.VARIABLE,
            "NEUROVISOR_JAVA_OPTS",
            "NEUROVISOR_DEBIAN_MIRROR",
            "NEUROVISOR_DEBIAN_SECURITY_MIRROR");

    /** Variables by which parts of NeuroVisor, its tests and its scripts talk to each other; never suggested. */
    private static final Set<String> INTERNAL = Set.of(
            "NEUROVISOR_AOT",
            "NEUROVISOR_FRESH_ROOT_DIR",
            "NEUROVISOR_FUZZ_TARGET",
            "NEUROVISOR_IN_LAB",
            "NEUROVISOR_OSV",
            "NEUROVISOR_WRITE_PAGES");

    private static final String INTERNAL_PREFIX = "NEUROVISOR_TEST_";

    private KnownVariables() {}

    /** Returns a problem for each variable that would have no effect, as for an unknown key of the file. */
    static List<String> problems(ProcessEnvironment environment) {
        Map<String, String> known = byWrittenName();
        return environment.variables().keySet().stream()
                .filter(name ->
                        name.startsWith(PREFIX) && environment.variable(name).isPresent())
                .filter(name -> !known.containsValue(name) && !INTERNAL.contains(name))
                .filter(name -> !name.startsWith(INTERNAL_PREFIX))
                .filter(name ->
                        !ServiceLinks.contain(name, environment.variable(name).orElseThrow()))
                .sorted()
                .map(name -> FilePath.shown(name) + ": unknown setting"
                        + NearestName.of(withoutPrefix(name), new ArrayList<>(known.keySet()))
                                .map(near -> "; did you mean " + known.get(near) + "?")
                                .orElse("; docs/settings.md lists all variables"))
                .toList();
    }

    /** Returns the variables by what users write after the prefix, which may also be the name of the setting. */
    private static Map<String, String> byWrittenName() {
        Map<String, String> known = new HashMap<>();
        for (Setting<?> setting : Config.SETTINGS) {
            known.put(setting.name().replace('-', '_').toUpperCase(Locale.ROOT), setting.variable());
            known.put(withoutPrefix(setting.variable()), setting.variable());
        }
        PUBLIC.forEach(name -> known.put(withoutPrefix(name), name));
        return known;
    }

    private static String withoutPrefix(String name) {
        return name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name;
    }
}
