package vmm.vm;

import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Options of a placement as their columns hold them: texts by name. */
public final class Options {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final TypeReference<Map<String, String>> TEXTS = new TypeReference<>() {};

    private Options() {}

    /** JSON, for a parameter that is cast to {@code jsonb}. */
    public static String sql(Map<String, String> options) {
        return options.isEmpty() ? "{}" : JSON.writeValueAsString(new TreeMap<>(options));
    }

    /** Those of the column {@code options}. */
    public static Map<String, String> read(ResultSet row) throws SQLException {
        String json = row.getString("options");
        return json.equals("{}") ? Map.of() : Map.copyOf(JSON.readValue(json, TEXTS));
    }

    /** Such as {@code spot=true, zone=1}; empty if there are none. */
    public static String words(Map<String, String> options) {
        return new TreeMap<>(options)
                .entrySet().stream()
                        .map(option -> option.getKey() + "=" + option.getValue())
                        .collect(Collectors.joining(", "));
    }
}
