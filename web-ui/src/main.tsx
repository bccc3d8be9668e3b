import "@fontsource-variable/atkinson-hyperlegible-next/wght.css";
import "@fontsource-variable/atkinson-hyperlegible-mono/wght.css";
import "./style.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter, Route, Routes } from "react-router";
import { CloudPage } from "./pages/admin/Cloud.tsx";
import { CloudsPage } from "./pages/admin/Clouds.tsx";
import { DecisionsPage } from "./pages/admin/Decisions.tsx";
import { FleetPage } from "./pages/admin/Fleet.tsx";
import { LoopsPage } from "./pages/admin/Loops.tsx";
import { PoolPage } from "./pages/admin/Pool.tsx";
import { PoolsPage } from "./pages/admin/Pools.tsx";
import { SchedulesPage } from "./pages/admin/Schedules.tsx";
import { UsagePage } from "./pages/admin/Usage.tsx";
import { VmPage } from "./pages/admin/Vm.tsx";
import { EditWindowPage, NewWindowPage } from "./pages/admin/WindowForm.tsx";
import { WindowsPage } from "./pages/admin/Windows.tsx";
import { CataloguePage } from "./pages/Catalogue.tsx";
import { LoginPage } from "./pages/Login.tsx";
import { MachinesPage } from "./pages/Machines.tsx";
import { RequestPage } from "./pages/Request.tsx";
import { SessionProvider } from "./session.tsx";
import { Anybody, Nowhere, SignedIn } from "./ui/Shell.tsx";

createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <SessionProvider>
      <BrowserRouter>
        <Routes>
          <Route path="/login" element={<LoginPage />} />
          <Route element={<SignedIn role="SCIENTIST" />}>
            <Route path="/" element={<CataloguePage />} />
            <Route path="/machines" element={<MachinesPage />} />
            <Route path="/requests/:id" element={<RequestPage />} />
          </Route>
          <Route element={<SignedIn role="OPERATOR" />}>
            <Route path="/admin/fleet" element={<FleetPage />} />
            <Route path="/admin/vms/:id" element={<VmPage />} />
            <Route path="/admin/clouds/:name" element={<CloudPage />} />
            <Route path="/admin/maintenance" element={<WindowsPage />} />
            <Route path="/admin/decisions" element={<DecisionsPage />} />
          </Route>
          <Route element={<SignedIn role="ADMIN" />}>
            <Route path="/admin/pools" element={<PoolsPage />} />
            <Route path="/admin/pools/:name" element={<PoolPage />} />
            <Route path="/admin/clouds" element={<CloudsPage />} />
            <Route path="/admin/schedules" element={<SchedulesPage />} />
            <Route path="/admin/loops" element={<LoopsPage />} />
            <Route path="/admin/usage" element={<UsagePage />} />
            <Route path="/admin/maintenance/new" element={<NewWindowPage />} />
            <Route path="/admin/maintenance/:cloud/:id" element={<EditWindowPage />} />
          </Route>
          <Route element={<Anybody />}>
            <Route path="*" element={<Nowhere />} />
          </Route>
        </Routes>
      </BrowserRouter>
    </SessionProvider>
  </StrictMode>,
);
