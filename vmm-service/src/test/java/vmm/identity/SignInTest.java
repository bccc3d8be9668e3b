package vmm.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.quartz.autoconfigure.QuartzAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.ComponentScan.Filter;
import org.springframework.context.annotation.FilterType;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

import tools.jackson.databind.json.JsonMapper;

import java.io.IOException;
import java.net.ConnectException;
import java.net.CookieManager;
import java.net.HttpCookie;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Who reaches what, over real HTTP, with the demo's sign-ins. */
@SpringBootTest(
        classes = SignInTest.App.class,
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
        properties = "management.endpoint.health.validate-group-membership=false")
class SignInTest {

    @LocalServerPort int port;

    @Autowired Environment environment;

    final CookieManager cookies = new CookieManager();
    final HttpClient browser = HttpClient.newBuilder().cookieHandler(cookies).build();
    final HttpClient program = HttpClient.newHttpClient();

    /** What each gets for a request: nobody, a scientist, an operator, an administrator. */
    record Row(String method, String path, int nobody, int scientist, int operator, int admin) {}

    static Stream<Row> matrix() {
        Stream<Row> ofAdmins =
                Stream.of("pools", "clouds", "schedules", "reconcilers", "usage")
                        .flatMap(
                                name ->
                                        Stream.of(
                                                new Row(
                                                        "GET",
                                                        "/api/v1/" + name,
                                                        401,
                                                        403,
                                                        403,
                                                        200),
                                                new Row(
                                                        "HEAD",
                                                        "/api/v1/" + name,
                                                        401,
                                                        403,
                                                        403,
                                                        200),
                                                new Row(
                                                        "GET",
                                                        "/api/v1/" + name + "/x/y",
                                                        401,
                                                        403,
                                                        403,
                                                        404),
                                                new Row(
                                                        "POST",
                                                        "/api/v1/" + name,
                                                        401,
                                                        403,
                                                        403,
                                                        200),
                                                new Row(
                                                        "PATCH",
                                                        "/api/v1/" + name + "/x",
                                                        401,
                                                        403,
                                                        403,
                                                        404),
                                                new Row(
                                                        "DELETE",
                                                        "/api/v1/" + name + "/x",
                                                        401,
                                                        403,
                                                        403,
                                                        404)));
        return Stream.concat(
                ofAdmins,
                Stream.of(
                        new Row("GET", "/api/v1/me", 401, 200, 200, 200),
                        new Row("GET", "/api/v1/vm-types", 401, 200, 200, 200),
                        new Row("POST", "/api/v1/allocations", 401, 200, 200, 200),
                        new Row("GET", "/api/v1/vms", 401, 403, 200, 200),
                        new Row("GET", "/api/v1/decisions", 401, 403, 200, 200),
                        new Row("POST", "/api/v1/vms/x/hold", 401, 403, 404, 404),
                        new Row("GET", "/api/v1/forecast", 401, 403, 403, 404),
                        new Row("POST", "/api/v1/simulations", 401, 403, 403, 404),
                        new Row("GET", "/api/v1/unheard-of", 401, 404, 404, 404),
                        new Row("GET", "/compat/vmm/machinetypes", 401, 404, 404, 404),
                        new Row("GET", "/api/v1/demo", 200, 200, 200, 200),
                        new Row("POST", "/api/v1/demo", 401, 405, 405, 405),
                        new Row("POST", "/api/v1/guest/ready", 200, 200, 200, 200),
                        new Row("GET", "/actuator/health/liveness", 200, 200, 200, 200),
                        new Row("GET", "/actuator/health/readiness", 200, 200, 200, 200),
                        new Row("GET", "/actuator/env", 401, 403, 403, 404),
                        new Row("GET", "/v3/api-docs", 200, 200, 200, 200),
                        new Row("GET", "/nowhere", 404, 404, 404, 404),
                        new Row("POST", "/nowhere", 401, 404, 404, 404)));
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void eachReachesWhatTheirRoleAllows(Row row) throws Exception {
        List<Optional<String>> who =
                List.of(
                        Optional.empty(),
                        Optional.of("scientist"),
                        Optional.of("operator"),
                        Optional.of("admin"));
        List<Integer> expected =
                List.of(row.nobody(), row.scientist(), row.operator(), row.admin());
        for (int i = 0; i < who.size(); i++) {
            HttpRequest.Builder request = request(row.method(), row.path());
            who.get(i).ifPresent(name -> request.header("Authorization", basic(name, name)));
            HttpResponse<String> answer = send(program, request);
            assertThat(answer.statusCode())
                    .as("%s: %s", who.get(i), answer.body())
                    .isEqualTo(expected.get(i));
            if (answer.statusCode() >= 400 && !row.method().equals("HEAD")) {
                assertThat(answer.headers().firstValue("Content-Type"))
                        .hasValue("application/problem+json");
            }
        }
    }

    @Test
    void onesOwnNameRolesAndGroupsAreTold() throws Exception {
        assertThat(
                        send(
                                        program,
                                        request("GET", "/api/v1/me")
                                                .header("Authorization", basic("muon", "muon")))
                                .body())
                .isEqualTo("{\"name\":\"muon\",\"roles\":[\"SCIENTIST\"],\"groups\":[\"Muon\"]}");
        assertThat(
                        send(
                                        program,
                                        request("GET", "/api/v1/me")
                                                .header("Authorization", basic("admin", "admin")))
                                .body())
                .isEqualTo(
                        "{\"name\":\"admin\",\"roles\":[\"SCIENTIST\",\"OPERATOR\",\"ADMIN\"],\"groups\":[\"*\"]}");
    }

    @Test
    void theDemoTellsItsSignIns() throws Exception {
        var demo =
                JsonMapper.shared().readTree(send(program, request("GET", "/api/v1/demo")).body());
        assertThat(demo.get("signIns").findValuesAsString("name"))
                .containsExactly("scientist", "muon", "operator", "admin");
        assertThat(demo.get("signIns").findValuesAsString("password"))
                .containsExactly("scientist", "muon", "operator", "admin");
    }

    @Test
    void theDemoListensOnThisMachineOnly() throws Exception {
        assertThat(environment.getProperty("server.address")).isNull();
        List<InetAddress> others =
                NetworkInterface.networkInterfaces()
                        .flatMap(NetworkInterface::inetAddresses)
                        .filter(
                                address ->
                                        !address.isLoopbackAddress()
                                                && !address.isLinkLocalAddress())
                        .toList();
        for (InetAddress other : others) {
            assertThatThrownBy(() -> new Socket(other, port).close())
                    .isInstanceOf(ConnectException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"Basic !!!", "Basic", "Basic YQ==", "Bearer x"})
    void aWrongAuthorizationIs401(String authorization) throws Exception {
        HttpResponse<String> answer =
                send(program, request("GET", "/api/v1/me").header("Authorization", authorization));
        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(answer.body()).contains("urn:vmm:problem:unauthorized");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 72, 73, 2500})
    void aWrongPasswordOfAnyLengthIs401(int length) throws Exception {
        for (String name : List.of("admin", "nobody", "")) {
            HttpResponse<String> answer =
                    send(
                            program,
                            request("GET", "/api/v1/me")
                                    .header("Authorization", basic(name, "é".repeat(length))));
            assertThat(answer.statusCode()).isEqualTo(401);
        }
    }

    @Test
    void onlyProgramsAreAskedForAPassword() throws Exception {
        HttpResponse<String> toProgram = send(program, request("GET", "/api/v1/me"));
        assertThat(toProgram.headers().firstValue("WWW-Authenticate").orElseThrow())
                .startsWith("Basic realm=\"vmm\"");
        HttpResponse<String> toPage =
                send(
                        browser,
                        request("GET", "/api/v1/me").header("X-Requested-With", "XMLHttpRequest"));
        assertThat(toPage.statusCode()).isEqualTo(401);
        assertThat(toPage.headers().firstValue("WWW-Authenticate")).isEmpty();
    }

    @Test
    void aProgramNeedsNoTokenAndGetsNoSession() throws Exception {
        HttpResponse<String> answer =
                send(
                        program,
                        request("POST", "/api/v1/allocations")
                                .header("Authorization", basic("muon", "muon")));
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().allValues("Set-Cookie")).isEmpty();
    }

    @Test
    void aBrowserSignsInActsWithItsTokenAndSignsOut() throws Exception {
        assertThat(send(browser, request("GET", "/api/v1/me")).statusCode()).isEqualTo(401);
        String before = cookie("XSRF-TOKEN").orElseThrow().getValue();

        HttpResponse<String> login = login("muon", "muon", before);
        assertThat(login.statusCode()).as(login.body()).isEqualTo(204);
        String session = String.join("\n", login.headers().allValues("Set-Cookie"));
        assertThat(session).containsPattern("JSESSIONID=[^\\n]*HttpOnly").contains("SameSite=Lax");
        String token = cookie("XSRF-TOKEN").orElseThrow().getValue();
        assertThat(token).isNotEqualTo(before);
        assertThat(cookie("XSRF-TOKEN").orElseThrow().isHttpOnly()).isFalse();

        assertThat(send(browser, request("GET", "/api/v1/me")).body()).contains("\"muon\"");
        HttpResponse<String> without = send(browser, request("POST", "/api/v1/allocations"));
        assertThat(without.statusCode()).isEqualTo(403);
        assertThat(without.body()).contains("urn:vmm:problem:forbidden", "X-XSRF-TOKEN");
        assertThat(
                        send(
                                        browser,
                                        request("POST", "/api/v1/allocations")
                                                .header("X-XSRF-TOKEN", before))
                                .statusCode())
                .isEqualTo(403);
        assertThat(
                        send(
                                        browser,
                                        request("POST", "/api/v1/allocations")
                                                .header("X-XSRF-TOKEN", token))
                                .statusCode())
                .isEqualTo(200);
        assertThat(send(browser, request("POST", "/logout")).statusCode()).isEqualTo(403);

        assertThat(
                        send(browser, request("POST", "/logout").header("X-XSRF-TOKEN", token))
                                .statusCode())
                .isEqualTo(204);
        assertThat(send(browser, request("GET", "/api/v1/me")).statusCode()).isEqualTo(401);
        assertThat(send(browser, request("POST", "/logout")).statusCode()).isEqualTo(204);
    }

    @Test
    void aSessionIsNewAfterSigningIn() throws Exception {
        login("muon", "muon", "");
        String first = cookie("JSESSIONID").orElseThrow().getValue();
        send(browser, request("GET", "/api/v1/me"));
        login("operator", "operator", cookie("XSRF-TOKEN").orElseThrow().getValue());
        assertThat(cookie("JSESSIONID").orElseThrow().getValue()).isNotEqualTo(first);
        assertThat(send(browser, request("GET", "/api/v1/me")).body()).contains("operator");
    }

    @Test
    void aWrongFormIsAProblemWithoutADialogue() throws Exception {
        HttpResponse<String> answer = login("muon", "wrong", "");
        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(answer.body()).contains("urn:vmm:problem:unauthorized");
        assertThat(answer.headers().firstValue("WWW-Authenticate")).isEmpty();
        assertThat(cookie("JSESSIONID")).isEmpty();
    }

    @Test
    void anotherSiteNeitherActsNorSignsIn() throws Exception {
        for (String path : List.of("/api/v1/allocations", "/login")) {
            HttpResponse<String> answer =
                    send(
                            program,
                            request("POST", path)
                                    .header("Sec-Fetch-Site", "cross-site")
                                    .header("Authorization", basic("muon", "muon")));
            assertThat(answer.statusCode()).isEqualTo(403);
            assertThat(answer.body()).contains("urn:vmm:problem:forbidden");
        }
    }

    @Test
    void aBrowserThatNamesOnlyTheOriginIsHeldToIt() throws Exception {
        var theirs =
                send(
                        program,
                        request("POST", "/login").header("Origin", "http://elsewhere.example"));
        assertThat(theirs.statusCode()).isEqualTo(403);
        var form = request("POST", "/login").header("Origin", "http://127.0.0.1:" + port);
        assertThat(send(program, form).statusCode()).isEqualTo(401);
    }

    @Test
    void whatASignInMayNotHoldIsRefusedKindly() throws Exception {
        HttpResponse<String> nul = login("mu\0on", "muon", "");
        assertThat(nul.statusCode()).isEqualTo(400);
        assertThat(nul.body()).contains("urn:vmm:problem:malformed-request");
        HttpResponse<String> large = login("muon", "m".repeat(100_000), "");
        assertThat(large.statusCode()).isEqualTo(413);
        assertThat(large.body()).contains("urn:vmm:problem:too-large");
    }

    @Test
    void aStreamGoesOnAfterTheRequestHasBeenLetIn() throws Exception {
        HttpRequest.Builder request =
                request("GET", "/api/v1/events").header("Accept", "text/event-stream");
        HttpResponse<String> stream =
                send(program, request.header("Authorization", basic("muon", "muon")));
        assertThat(stream.statusCode()).isEqualTo(200);
        assertThat(stream.body()).isEqualTo("data:muon\n\n");
    }

    @Test
    void everyAnswerHasItsSecurityHeaders() throws Exception {
        HttpResponse<String> answer = send(program, request("GET", "/api/v1/demo"));
        assertThat(answer.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
        assertThat(answer.headers().firstValue("X-Frame-Options")).hasValue("DENY");
        assertThat(answer.headers().firstValue("Content-Security-Policy").orElseThrow())
                .contains("default-src 'self'", "frame-ancestors 'none'");
        assertThat(answer.headers().firstValue("Cache-Control").orElseThrow()).contains("no-store");
    }

    private HttpResponse<String> login(String name, String password, String token)
            throws Exception {
        String form =
                "username="
                        + URLEncoder.encode(name, StandardCharsets.UTF_8)
                        + "&password="
                        + URLEncoder.encode(password, StandardCharsets.UTF_8);
        return send(
                browser,
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/login"))
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .header("X-XSRF-TOKEN", token)
                        .POST(BodyPublishers.ofString(form)));
    }

    private Optional<HttpCookie> cookie(String name) {
        return cookies.getCookieStore().getCookies().stream()
                .filter(cookie -> cookie.getName().equals(name))
                .findFirst();
    }

    private HttpRequest.Builder request(String method, String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .method(method, BodyPublishers.noBody());
    }

    private static HttpResponse<String> send(HttpClient client, HttpRequest.Builder request)
            throws Exception {
        return client.send(request.build(), BodyHandlers.ofString());
    }

    static String basic(String name, String password) {
        return "Basic "
                + Base64.getEncoder()
                        .encodeToString((name + ":" + password).getBytes(StandardCharsets.UTF_8));
    }

    @EnableAutoConfiguration(
            exclude = {
                DataSourceAutoConfiguration.class,
                HibernateJpaAutoConfiguration.class,
                DataJpaRepositoriesAutoConfiguration.class,
                FlywayAutoConfiguration.class,
                QuartzAutoConfiguration.class
            })
    @ComponentScan(
            basePackages = {"vmm.web", "vmm.identity"},
            excludeFilters =
                    @Filter(type = FilterType.REGEX, pattern = "vmm\\.(web|identity)\\..*Test.*"))
    @Import(Paths.class)
    static class App {
        @Bean
        InstantSource clock() {
            return InstantSource.system();
        }
    }

    /** Stands for the controllers of the other packages. */
    @RestController
    @RequestMapping("/api/v1")
    static class Paths {

        @RequestMapping({"/pools", "/clouds", "/schedules", "/reconcilers", "/usage", "/decisions"})
        String ofAdmins() {
            return "{}";
        }

        @GetMapping({"/vms", "/vm-types"})
        String lists(Person person, @RequestParam(required = false) String user) {
            return "{}";
        }

        @GetMapping(value = "/events", produces = "text/event-stream")
        SseEmitter events(Person person) {
            SseEmitter events = new SseEmitter();
            Thread.ofVirtual()
                    .start(
                            () -> {
                                try {
                                    events.send(person.name());
                                    events.complete();
                                } catch (IOException e) {
                                    events.completeWithError(e);
                                }
                            });
            return events;
        }

        @PostMapping({"/allocations", "/guest/ready"})
        String posts() {
            return "{}";
        }
    }

    @Test
    void groupsDecideWhatAPersonMayUse() {
        Person muon = new Person("muon", Set.of(Role.SCIENTIST), Set.of("Muon"), false);
        Person all = new Person("scientist", Set.of(Role.SCIENTIST), Set.of(), true);
        assertThat(muon.mayUse(Set.of())).isTrue();
        assertThat(muon.mayUse(List.of("ISIS", "Muon"))).isTrue();
        assertThat(muon.mayUse(Set.of("ISIS"))).isFalse();
        assertThat(all.mayUse(Set.of("ISIS"))).isTrue();
        assertThat(Arrays.stream(Role.values()).filter(all::is)).containsExactly(Role.SCIENTIST);
    }
}
