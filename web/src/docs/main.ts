import "swagger-ui-dist/swagger-ui.css";
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";

/** The API's own description, shown with nothing from elsewhere. */
SwaggerUI({ dom_id: "#root", url: "/docs/openapi.json", deepLinking: true, defaultModelsExpandDepth: -1 });
