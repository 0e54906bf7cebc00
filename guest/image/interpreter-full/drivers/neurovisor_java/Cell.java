import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** A cell that the agent asks for. */
record Cell(String number, String directory, Map<String, String> environment, String code) {
    static Cell receive(Fields fields) throws IOException {
        String number = fields.text();
        String directory = fields.text();
        Map<String, String> environment = new LinkedHashMap<>();
        for (int left = Integer.parseInt(fields.text()); left > 0; left--) {
            String[] pair = fields.text().split("=", 2);
            environment.put(pair[0], pair[1]);
        }
        // The length, which a shell needs.
        fields.text();
        return new Cell(number, directory, environment, fields.text());
    }
}
