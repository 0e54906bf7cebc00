import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The variables of one cell, as those of the environment and as system properties. Java has no call to set one: programs that a cell
 * starts inherit those of the process.
 */
final class Surroundings implements AutoCloseable {
    private final Map<String, Optional<String>> variables = new LinkedHashMap<>();
    private final Map<String, Optional<String>> properties = new HashMap<>();

    Surroundings(Map<String, String> chosen) throws ReflectiveOperationException {
        for (String name : chosen.keySet()) {
            variables.put(name, Optional.ofNullable(System.getenv(name)));
            properties.put(name, Optional.ofNullable(System.getProperty(name)));
        }
        for (Map.Entry<String, String> one : chosen.entrySet()) {
            set(one.getKey(), Optional.of(one.getValue()));
            System.setProperty(one.getKey(), one.getValue());
        }
    }

    @Override
    public void close() throws ReflectiveOperationException {
        for (Map.Entry<String, Optional<String>> one : variables.entrySet()) {
            set(one.getKey(), one.getValue());
        }
        properties.forEach((name, before) ->
                before.ifPresentOrElse(value -> System.setProperty(name, value), () -> System.clearProperty(name)));
    }

    @SuppressWarnings("unchecked")
    private static void set(String name, Optional<String> value) throws ReflectiveOperationException {
        Class<?> owner = Class.forName("java.lang.ProcessEnvironment");
        Field field = owner.getDeclaredField("theEnvironment");
        field.setAccessible(true);
        Map<Object, Object> environment = (Map<Object, Object>) field.get(null);
        Object key = valueOf("Variable", name);
        if (value.isPresent()) {
            environment.put(key, valueOf("Value", value.get()));
        } else {
            environment.remove(key);
        }
    }

    private static Object valueOf(String kind, String text) throws ReflectiveOperationException {
        Method method = Class.forName("java.lang.ProcessEnvironment$" + kind).getDeclaredMethod("valueOf", String.class);
        method.setAccessible(true);
        return method.invoke(null, text);
    }
}
