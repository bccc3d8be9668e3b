package vmm.admin;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.List;
import java.util.stream.Stream;

/** Who reaches what: nobody, a scientist, an operator, an administrator. */
class RolesTest extends Service {
    private static final String NOBODY = "00000000-0000-7000-8000-000000000000";
    private static final List<String> PEOPLE = List.of("", "scientist", "operator", "admin");

    record Row(String method, String path, @Nullable String body, int operator, int admin) {}

    static Stream<Row> matrix() {
        var reads =
                Stream.concat(
                        Stream.of(
                                        "decisions",
                                        "vms",
                                        "clouds/here/maintenance-windows",
                                        "maintenance-windows")
                                .map(path -> new Row("GET", path, null, 200, 200)),
                        Stream.of(
                                        "pools",
                                        "pools/muon",
                                        "clouds",
                                        "clouds/here",
                                        "clouds/here/catalogue",
                                        "schedules",
                                        "schedules/mornings",
                                        "schedules/preview",
                                        "reconcilers")
                                .map(path -> new Row("GET", path, null, 403, 200)));
        String paused = "{\"paused\": false}";
        return Stream.concat(
                reads,
                Stream.of(
                        new Row("POST", "pools", "{}", 403, 422),
                        new Row("PATCH", "pools/muon", "{}", 403, 428),
                        new Row("DELETE", "pools/muon", null, 403, 428),
                        new Row("POST", "schedules", "{}", 403, 422),
                        new Row("PATCH", "schedules/mornings", "{}", 403, 428),
                        new Row("DELETE", "schedules/mornings", null, 403, 428),
                        new Row("POST", "clouds/here/pause", paused, 403, 200),
                        new Row("POST", "clouds/here/maintenance-windows", "{}", 403, 422),
                        new Row("POST", "clouds/here/maintenance-windows/preview", "{}", 403, 422),
                        new Row("GET", "clouds/here/maintenance-windows/" + NOBODY, null, 404, 404),
                        new Row(
                                "DELETE",
                                "clouds/here/maintenance-windows/" + NOBODY,
                                null,
                                403,
                                404),
                        new Row("POST", "reconcilers/refill/pause", paused, 403, 200),
                        new Row("POST", "reconcilers/refill/run", null, 403, 202),
                        new Row("GET", "vms/" + NOBODY, null, 404, 404),
                        new Row("DELETE", "vms/" + NOBODY, null, 404, 404),
                        new Row("POST", "vms/" + NOBODY + "/hold", "{\"held\": false}", 404, 404)));
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void eachReachesWhatTheyMay(Row row) {
        var statuses =
                PEOPLE.stream()
                        .map(who -> send(who, row.method(), row.path(), row.body(), null).status())
                        .toList();
        assertThat(statuses).containsExactly(401, 403, row.operator(), row.admin());
    }
}
