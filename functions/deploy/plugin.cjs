// Builds before packaging, so that `serverless package` and `serverless deploy` need no step before them, and puts the configuration,
// checked, into the package: it is deployed and rolled back together with the code.
class SlipwayPackage {
  constructor(serverless, options, { log }) {
    const named = () => serverless.service.custom.config ?? "";
    this.hooks = {
      initialize: () => knownParameters(serverless, options.param ?? []),
      "before:deploy:deploy": async () => {
        const { configurationPath, EXAMPLE } = await import("./serverless.ts");
        if (configurationPath(named()) !== EXAMPLE) return;
        throw new serverless.classes.Error("there is no slipway.yml here to deploy: write one, or name yours with --param config=FILE");
      },
      "before:package:createDeploymentArtifacts": async () => {
        const [{ buildPackage }, { configurationPath, EXAMPLE, notesOn }, { packTemplates }] = await Promise.all([
          import("./build.ts"),
          import("./serverless.ts"),
          import("./packed-templates.ts"),
        ]);
        const path = configurationPath(named());
        if (path === EXAMPLE) log.warning(`there is no slipway.yml here: ${EXAMPLE} is packaged, to be looked at; it is never deployed`);
        await buildPackage(path);
        for (const note of [...(await notesOn(path)), ...(await packTemplates(path))]) log.warning(`${path}: ${note}`);
      },
      // Exports are named after the stage alone: a second deployment of a stage would be refused for the first one's.
      "after:aws:package:finalize:addExportNameForOutputs": () => {
        for (const output of Object.values(serverless.service.provider.compiledCloudFormationTemplate.Outputs)) delete output.Export;
      },
    };
  }
}

/** A parameter that is misspelt would be left out without a word. */
function knownParameters(serverless, given) {
  const known = Object.keys(serverless.configurationInput.params.default);
  const unknown = [given]
    .flat()
    .map((text) => text.split("=")[0])
    .filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new serverless.classes.Error(`there is no parameter ${unknown.join(", ")}; there are ${known.join(", ")}`);
}

module.exports = SlipwayPackage;
