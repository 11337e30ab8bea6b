export default { handbook: ["index", { type: "category", label: "Zanzibar corner", items: ["guide/telescopes", "guide/binoculars"] }] };
