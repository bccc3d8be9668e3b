package vmm.web;

import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.boot.webmvc.error.ErrorController;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.RequestMapping;

import java.io.IOException;

/** The container's error page: what a filter or the container itself refused, as a problem. */
@Controller
class ProblemPage implements ErrorController {

    @RequestMapping("${server.error.path:/error}")
    void page(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Object status = request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE);
        ProblemWriter.write(
                request, response, Problems.ofStatus(status instanceof Integer code ? code : 404));
    }
}
