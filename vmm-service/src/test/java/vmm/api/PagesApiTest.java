package vmm.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;

/** What a browser gets for an address: pages, also for a slip; and what it is told of itself. */
class PagesApiTest extends ApiTest {
    private static final String BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8";

    @ParameterizedTest
    @ValueSource(strings = {"/", "/machines", "/machines/", "/login/", "/requests/x", "/admin/y/z"})
    void aPageIsTheDocument(String path) throws Exception {
        var answer = open(path, BROWSER);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).contains("<title>Pages");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/typo", "/typo/", "/machine/7", "/v3", "/favicon.png"})
    void aSlipIsTheDocumentToo(String path) throws Exception {
        var answer = open(path, BROWSER);
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.headers().firstValue("Content-Type").orElse("")).startsWith("text/html");
        assertThat(answer.body()).contains("<title>Pages");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/assets/x.js", "/swagger-ui/x", "/v3/x", "/v3/generated"})
    void whatProgramsAskForIsAProblem(String path) throws Exception {
        var answer = open(path, BROWSER);
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.headers().firstValue("Content-Type"))
                .hasValueSatisfying(type -> assertThat(type).contains("json"));
    }

    @Test
    void aProgramThatSlipsGetsAProblem() throws Exception {
        var answer = open("/typo", "*/*");
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.headers().firstValue("Content-Type"))
                .contains("application/problem+json");
    }

    @Test
    void whoeverComesFirstIsNotRefused() {
        var session = nobody().get("/api/v1/session").is(200).json();
        assertThat(session.get("me").isNull()).isTrue();
        assertThat(session.get("demo").size()).isEqualTo(4);
        var me = muon().get("/api/v1/session").is(200).json().get("me");
        assertThat(me).isEqualTo(muon().get("/api/v1/me").is(200).json());
    }

    private HttpResponse<String> open(String path, String accept) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(nobody().base() + path))
                                .header("Accept", accept)
                                .build(),
                        BodyHandlers.ofString());
    }
}
